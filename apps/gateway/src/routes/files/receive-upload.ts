import { TokenHubError } from "@tokenhub/contracts";
import busboy from "busboy";
import type { IncomingMessage, ServerResponse } from "node:http";

export interface UploadOptions {
  /** Told to go ahead when the client waits for that (`Expect: 100-continue`). */
  readonly response: Pick<ServerResponse, "writeContinue">;
  readonly limitBytes: number;
  /** Takes the file's bytes as they come. */
  readonly store: (bytes: AsyncIterable<Uint8Array>, filename: string) => Promise<void>;
}

/** Of the parts around the file. */
const overheadBytes = 65_536;
const longestField = 1_024;

/**
 * Reads a form with one part `file`, whose bytes are stored as they arrive, and gives its other fields. When it fails, the
 * storing has come to an end, and what is left of the request flows away unread.
 * @throws TokenHubError `unsupported_media_type`, `body_too_large`, `invalid_request`
 */
export async function receiveUpload(
  request: IncomingMessage,
  { response, limitBytes, store }: UploadOptions,
): Promise<ReadonlyMap<string, string>> {
  const parser = openParser(request, limitBytes);
  if (Number(request.headers["content-length"] ?? "0") > limitBytes + overheadBytes)
    throw tooLarge(limitBytes);
  const fields = new Map<string, string>();
  const { promise: parsed, resolve, reject } = Promise.withResolvers<void>();
  const upload: { storing: Promise<void> | null } = { storing: null };
  parser.on("field", (name, value, { valueTruncated }) => {
    if (valueTruncated) reject(malformed(`the field \`${name.slice(0, 64)}\` is too long`));
    fields.set(name, value);
  });
  parser.on("file", (name, bytes, { filename }) => {
    bytes.on("error", () => undefined);
    if (name !== "file" || upload.storing !== null) {
      bytes.resume();
      reject(malformed("it must have one file, in the part `file`"));
      return;
    }
    bytes.once("limit", () => reject(tooLarge(limitBytes)));
    // Text instead of a file has no name.
    upload.storing = store(bytes, filename ?? "upload");
    upload.storing.catch(reject);
  });
  for (const event of ["filesLimit", "fieldsLimit", "partsLimit"] as const)
    parser.once(event, () => reject(malformed("it has too many parts")));
  parser.once("close", resolve);
  parser.once("error", () => reject(malformed("it does not end as it should")));
  // A request that has arrived whole closes, too, while its last bytes are still being stored.
  const onClose = (): void => {
    if (!request.complete) reject(malformed("it ended before it was complete"));
  };
  request.once("close", onClose);
  if (request.headers.expect !== undefined) response.writeContinue();
  request.pipe(parser);
  try {
    await parsed;
    if (upload.storing === null) throw malformed("the part `file` is missing");
    await upload.storing;
    return fields;
  } catch (error) {
    request.unpipe(parser);
    parser.destroy();
    request.resume();
    await upload.storing?.catch(() => undefined);
    throw error;
  } finally {
    request.off("close", onClose);
  }
}

function openParser(request: IncomingMessage, limitBytes: number): busboy.Busboy {
  const type = request.headers["content-type"] ?? "";
  if (!/^multipart\/form-data\b/i.test(type)) throw notMultipart();
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: "utf8",
      limits: {
        // One more, so that a file of exactly the limit is not taken for a cut one.
        fileSize: limitBytes + 1,
        files: 2,
        fields: 16,
        parts: 20,
        fieldSize: longestField,
        fieldNameSize: 100,
        headerPairs: 20,
      },
    });
  } catch (error) {
    throw notMultipart(error);
  }
}

function notMultipart(cause?: unknown): TokenHubError {
  return new TokenHubError(
    "unsupported_media_type",
    "Send the file as `multipart/form-data`, with the parts `purpose` and `file`.",
    { cause },
  );
}

function malformed(problem: string): TokenHubError {
  return new TokenHubError("invalid_request", `The upload cannot be used: ${problem}.`, { param: "file" });
}

function tooLarge(limitBytes: number): TokenHubError {
  return new TokenHubError(
    "body_too_large",
    `The file is larger than ${limitBytes} bytes. Split it into several files.`,
    { param: "file" },
  );
}

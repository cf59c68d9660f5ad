import { idFrom } from "@tokenhub/contracts";
import { encodeErrorBody } from "@tokenhub/translation";
import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";

interface Fault {
  readonly statusLine: string;
  readonly message: string;
  readonly shouldRetry: boolean;
}

const notHttp: Fault = {
  statusLine: "400 Bad Request",
  message:
    "The bytes on this connection are no valid HTTP/1.1 request. Check the client or the proxy before it.",
  shouldRetry: false,
};
const faultsByCode: Readonly<Record<string, Fault>> = {
  HPE_HEADER_OVERFLOW: {
    statusLine: "431 Request Header Fields Too Large",
    message: "The request's headers are too long. Send fewer or shorter ones.",
    shouldRetry: false,
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    statusLine: "408 Request Timeout",
    message: "The request did not arrive whole in time. Nothing was accepted; send it again.",
    shouldRetry: true,
  },
};

/** Answers what the HTTP parser refused, which no handler ever sees, and ends the connection. Without a path there is no telling the caller's format. */
export function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const fault = faultsByCode[error.code ?? ""] ?? notHttp;
  const requestId = idFrom("request", randomUUID());
  const body = JSON.stringify(
    encodeErrorBody("openai", { code: "invalid_request", message: fault.message, param: null, requestId }),
  );
  const head = [
    `HTTP/1.1 ${fault.statusLine}`,
    "connection: close",
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    `x-should-retry: ${fault.shouldRetry}`,
    `x-request-id: ${requestId}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

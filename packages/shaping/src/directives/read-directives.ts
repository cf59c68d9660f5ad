import { utf8Prefix } from "../utf8-prefix.ts";
import type { DirectiveReading, Directives, InvalidDirective } from "./directives.ts";
import { directiveReachBytes, findDirectives, type DirectiveSpan } from "./find-directives.ts";
import { readEntries, type DirectiveEntry } from "./read-entries.ts";
import { isDirectiveKey, readValue } from "./read-value.ts";

/** The text of one user message, or the texts of its parts in order. */
export type MessageTexts = string | readonly string[];

/**
 * Reads what the user messages of a conversation ask of TokenHub.
 *
 * A directive is one line `@@tokenhub key=value key=value`, or a block: `@@tokenhub`, lines `key=value`, `@@end`. It applies
 * when it starts within the first 2,048 bytes of its message, and must end there too; later ones are ordinary text here (and
 * are stripped all the same).
 *
 * The last user message that carries directives decides, alone: a conversation is sent again whole with every turn, so a
 * directive stays in force until a later turn states another one, and an empty block ends it. Directives of earlier turns
 * are not even checked: they were, when they were the last. Several directives in one message count as one.
 *
 * Unknown keys are ignored and reported by name. A known key with a bad value or with two different ones, a block without its
 * end and words that are no `key=value` make the reading invalid.
 * @param messages the user messages only, in conversation order: what tools and documents say is no wish of the caller.
 */
export function readDirectives(messages: readonly MessageTexts[]): DirectiveReading {
  for (const message of messages.toReversed()) {
    const placed = placedDirectives(typeof message === "string" ? [message] : message);
    if (placed.length > 0) return readMessage(placed);
  }
  return { kind: "none" };
}

interface PlacedDirective {
  readonly span: DirectiveSpan;
  readonly isWithinReach: boolean;
}

/** The directives that start within reach, over all parts of the message. */
function placedDirectives(parts: readonly string[]): PlacedDirective[] {
  const placed: PlacedDirective[] = [];
  let maxBytes = directiveReachBytes;
  for (const part of parts) {
    const reach = utf8Prefix(part, { maxBytes });
    for (const span of findDirectives(part)) {
      if (span.start >= reach.length) break;
      placed.push({ span, isWithinReach: span.contentEnd <= reach.length });
    }
    maxBytes = reach.length < part.length ? 0 : maxBytes - reach.bytes;
    if (maxBytes === 0) break;
  }
  return placed;
}

function readMessage(placed: readonly PlacedDirective[]): DirectiveReading {
  const entries: DirectiveEntry[] = [];
  for (const { span, isWithinReach } of placed) {
    // A long line or block is not read at all, so that what is read stays as short as a directive.
    if (!isWithinReach) return tooLong;
    const read = readEntries(span);
    if (read.kind === "invalid") return read;
    entries.push(...read.entries);
  }
  return readAll(entries);
}

const tooLong: InvalidDirective = {
  kind: "invalid",
  key: "@@tokenhub",
  reason: `must end within the first ${directiveReachBytes} bytes of its message`,
};

const ignoredKeysShown = 20;
const ignoredKeyLength = 64;

function readAll(entries: readonly DirectiveEntry[]): DirectiveReading {
  const directives: Directives = {};
  const stated = new Map<string, string>();
  const ignored = new Set<string>();
  for (const { key, value } of entries) {
    if (!isDirectiveKey(key)) {
      ignored.add(key.slice(0, ignoredKeyLength));
      continue;
    }
    const read = readValue(key, { value });
    if (read.kind === "bad") return { kind: "invalid", key, reason: read.reason };
    const said = JSON.stringify(read.member);
    if ((stated.get(key) ?? said) !== said)
      return { kind: "invalid", key, reason: "is given twice with different values" };
    stated.set(key, said);
    Object.assign(directives, read.member);
  }
  return { kind: "valid", directives, ignoredKeys: [...ignored].slice(0, ignoredKeysShown) };
}

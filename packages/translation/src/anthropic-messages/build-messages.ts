import type { CanonicalMessage, SystemMessage } from "../canonical.ts";
import type { JsonObject } from "../json-value.ts";
import type { WarningList } from "../warning-list.ts";
import { buildBlocks, buildText, buildToolResult, compactContent } from "./build-content.ts";

export interface Turn {
  readonly role: "user" | "assistant" | "system";
  readonly blocks: JsonObject[];
}

export interface Conversation {
  /** Blocks of the top-level `system`. */
  readonly system: JsonObject[];
  /** Alternating; no two neighbours have the same role. */
  readonly turns: readonly Turn[];
}

interface ConversationInput {
  /** Whether the target takes the role `system` inside the conversation. */
  readonly midConversationSystem: boolean;
  readonly warnings: WarningList;
}

/**
 * The conversation as Anthropic sees it. Neighbouring messages of one role become one turn; results of parallel tool calls
 * stand together at the start of the user turn that answers them.
 *
 * System messages before the conversation become `system` blocks. One in the middle is, where the target cannot take it
 * there, moved behind them: that keeps its authority (as user text anybody could have written it) and never separates tool
 * calls from their results; its position is lost, and a warning says so.
 * A conversation of system messages only is given its last one as user message, since Anthropic needs one.
 */
export function buildConversation(
  messages: readonly CanonicalMessage[],
  input: ConversationInput,
): Conversation {
  const system: JsonObject[] = [];
  const turns: Turn[] = [];
  for (const message of messages) {
    if (message.role !== "tool" && message.name !== null) {
      input.warnings.leftOut("messages[].name", "anthropic-messages");
    }
    if (message.role !== "system") {
      addTurn(turns, buildTurn(message, input.warnings));
    } else if (turns.length > 0 && input.midConversationSystem && !awaitsResults(turns)) {
      addTurn(turns, { role: "system", blocks: systemBlocks(message, input.warnings) });
    } else {
      if (turns.length > 0) {
        input.warnings.add(
          "A system message in the middle of the conversation was moved to the system prompt.",
        );
      }
      system.push(...systemBlocks(message, input.warnings));
    }
  }
  const ordered = turns.map((turn) => putResultsFirst(turn, input.warnings));
  const last = system.at(-1);
  if (ordered.length > 0 || last === undefined) return { system, turns: ordered };
  input.warnings.add("The last system message was sent as user message: anthropic-messages needs one.");
  return { system: system.slice(0, -1), turns: [{ role: "user", blocks: [last] }] };
}

/** `messages`, with the shortest spelling of each content. */
export function formatTurns(turns: readonly Turn[]): JsonObject[] {
  return turns.map((turn) => ({ role: turn.role, content: compactContent(turn.blocks) }));
}

/** Whether the results of tool calls must come next. */
function awaitsResults(turns: readonly Turn[]): boolean {
  const last = turns.at(-1);
  return last?.role === "assistant" && last.blocks.some((block) => block["type"] === "tool_use");
}

function systemBlocks(message: SystemMessage, warnings: WarningList): JsonObject[] {
  return message.content.flatMap((block) => {
    const built = buildText(block, warnings);
    return built === null ? [] : [built];
  });
}

function buildTurn(message: Exclude<CanonicalMessage, SystemMessage>, warnings: WarningList): Turn {
  switch (message.role) {
    case "user":
    case "assistant": {
      const blocks = buildBlocks(message.content, warnings);
      if (blocks.length === 0) {
        warnings.add(`An empty ${message.role} message was left out: anthropic-messages refuses it.`);
      }
      return { role: message.role, blocks };
    }
    case "tool":
      return { role: "user", blocks: [buildToolResult(message, warnings)] };
  }
}

function addTurn(turns: Turn[], turn: Turn): void {
  if (turn.blocks.length === 0) return;
  const last = turns.at(-1);
  if (last?.role === turn.role) last.blocks.push(...turn.blocks);
  else turns.push(turn);
}

/** Anthropic refuses a user turn in which anything stands before a tool result. */
function putResultsFirst(turn: Turn, warnings: WarningList): Turn {
  const isResult = (block: JsonObject): boolean => block["type"] === "tool_result";
  const firstOther = turn.blocks.findIndex((block) => !isResult(block));
  if (turn.role !== "user" || firstOther === -1) return turn;
  if (!turn.blocks.slice(firstOther).some(isResult)) return turn;
  warnings.add("Tool results were moved before the other content of their user message.");
  const results = turn.blocks.filter(isResult);
  return { role: turn.role, blocks: [...results, ...turn.blocks.filter((block) => !isResult(block))] };
}

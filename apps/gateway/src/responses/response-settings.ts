/** How long responses are kept when the operator says nothing. */
export const defaultResponsesKeepMs = 720 * 3_600_000;

/** Responses that one conversation may have. */
export const mostTurns = 200;

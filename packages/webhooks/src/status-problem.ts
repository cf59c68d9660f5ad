/** What an answer that is no success means for the receiver's owner, as a sentence. */
export function statusProblem(statusCode: number): string {
  if (statusCode === 410) return "The receiver answered 410 Gone, which asks for no more webhooks.";
  if (statusCode >= 300 && statusCode <= 399)
    return `The receiver answered with a redirect (${statusCode}), which is not followed; set the endpoint's URL to the address that it leads to.`;
  if (statusCode === 429) return "The receiver answered 429, so it is given more time.";
  return `The receiver answered ${statusCode}; a webhook counts as delivered when the answer is 2xx.`;
}

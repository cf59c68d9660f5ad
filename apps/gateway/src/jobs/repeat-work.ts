/** Does some work again and again; a turn that takes long is not overtaken by the next. Disposing waits for the current one. */
export function repeatWork(
  work: () => Promise<void>,
  { intervalMs, onError }: { readonly intervalMs: number; readonly onError: (error: unknown) => void },
): AsyncDisposable {
  let isAtWork = false;
  let current: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    if (isAtWork) return;
    isAtWork = true;
    current = work()
      .catch(onError)
      .finally(() => (isAtWork = false));
  }, intervalMs);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await current;
    },
  };
}

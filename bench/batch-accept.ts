// `node bench/batch-accept.ts [lines] [rounds]`: how long a batch file takes to be accepted, and what others notice of it.
import path from "node:path";
import { runEntry } from "./bench-session.ts";
import { measureBatchAccept } from "./measure/measure-batch-accept.ts";
import { chatPath } from "./targets/target.ts";
import { prepareTokenHub, startService, startTokenHubRedis } from "./targets/tokenhub-services.ts";
import { startUpstream } from "./targets/upstream.ts";

const [lines = "50000", rounds = "5"] = process.argv.slice(2);

await runEntry(async (session) => {
  const workFolder = session.makeFolder("batch-accept");
  await using upstream = await startUpstream({ ...session, workFolder });
  const context = { ...session, workFolder, upstreamUrl: upstream.url };
  const redis = await startTokenHubRedis(context);
  await using _redis = redis.child;
  const compileCacheFolder = path.join(session.root, ".cache", "compile");
  const settings = await prepareTokenHub(context, { redisUrl: redis.url, compileCacheFolder });
  await using _gateway = await startService("gateway", { context, settings });
  await using _router = await startService("router-worker", { context, settings });
  await using _provider = await startService("provider-worker", { context, settings });
  const result = await measureBatchAccept({
    chat: {
      origin: `http://127.0.0.1:${settings.port}`,
      path: chatPath,
      headers: { "content-type": "application/json", authorization: `Bearer ${settings.apiKey}` },
    },
    model: "bench-chat-0ms",
    batchModel: "bench-chat-60s",
    lines: Number(lines),
    rounds: Number(rounds),
    say: session.say,
  });
  const shown = (values: readonly number[]) => values.map((value) => value.toFixed(0)).join(", ");
  process.stdout.write(
    [
      `${result.lines} lines, ${result.inputMb.toFixed(1)} MiB`,
      `from the upload until in progress: ${shown(result.acceptedAfterMs)} ms`,
      `of that after its creation:        ${shown(result.checkedAfterMs)} ms`,
      `chat alone:  p50 ${result.aloneMs.p50.toFixed(1)}  p99 ${result.aloneMs.p99.toFixed(1)}  max ${result.aloneMs.max.toFixed(1)} ms`,
      `chat beside: p50 ${result.besideMs.p50.toFixed(1)}  p99 ${result.besideMs.p99.toFixed(1)}  max ${result.besideMs.max.toFixed(1)} ms (${result.besideCount} chats, ${result.failedChats} failed)`,
      `p99 added:   ${(result.besideMs.p99 - result.aloneMs.p99).toFixed(1)} ms`,
      "",
    ].join("\n"),
  );
});

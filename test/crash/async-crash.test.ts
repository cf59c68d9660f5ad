import { expect, test } from "vitest";
import { scoreboardOf } from "../../chaos/async/scoreboard.ts";
import { surviveTrouble } from "../../chaos/async/survive-trouble.ts";

test(
  "60 jobs with webhooks to a receiver that often fails, while every service is killed and Redis loses all its data: none is lost, each is answered as it was asked and told under one id",
  { timeout: 90_000 },
  async () => {
    const told: string[] = [];
    const outcome = await surviveTrouble({
      jobs: 60,
      seed: 1,
      gateways: 1,
      kills: 6,
      pauses: 0,
      redisRestarts: 0,
      lostAfter: "4s",
      print: (line) => void told.push(line),
    });
    const { lines, isClean } = scoreboardOf(outcome);
    expect(isClean, [...told, ...lines].join("\n")).toBe(true);
    expect(outcome.troubles).toEqual({ "processes killed": 6, "Redis lost all its data": 1 });
    // Those that died with a gateway in the middle of their submission are not accepted.
    expect(outcome.jobs.accepted).toBeGreaterThan(30);
    expect(outcome.webhooks.attempts).toBeGreaterThan(outcome.webhooks.due);
    console.log(
      `async crash test: ${outcome.jobs.accepted} accepted, ${outcome.calls.calls} calls, ${outcome.calls.extras.length} of them explained extras, ${outcome.webhooks.due} webhooks in ${outcome.webhooks.attempts} attempts, ${outcome.seconds} s`,
    );
  },
);

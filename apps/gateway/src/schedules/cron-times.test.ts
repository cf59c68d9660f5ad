import { TokenHubError } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import { timesAfter } from "./cron-times.ts";

describe("the times of a schedule", () => {
  test.each([
    [
      "every minute",
      "* * * * *",
      "UTC",
      "2027-01-01T00:00:30Z",
      ["2027-01-01T00:01:00Z", "2027-01-01T00:02:00Z"],
    ],
    [
      "an occurrence that is now has been",
      "0 * * * *",
      "UTC",
      "2027-01-01T01:00:00Z",
      ["2027-01-01T02:00:00Z"],
    ],
    [
      "the 31st skips months without one",
      "0 0 31 * *",
      "UTC",
      "2027-01-31T00:00:00Z",
      ["2027-03-31T00:00:00Z", "2027-05-31T00:00:00Z"],
    ],
    [
      "the 29th of February comes in leap years",
      "0 0 29 2 *",
      "UTC",
      "2027-01-01T00:00:00Z",
      ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"],
    ],
    [
      "the last day of a month",
      "0 0 L * *",
      "UTC",
      "2028-01-31T12:00:00Z",
      ["2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z"],
    ],
    [
      "a day of the month or of the week, as cron has it",
      "0 0 13 * 5",
      "UTC",
      "2027-01-09T00:00:00Z",
      ["2027-01-13T00:00:00Z", "2027-01-15T00:00:00Z"],
    ],
    [
      "names of days",
      "0 9 * * MON-FRI",
      "America/New_York",
      "2027-01-01T20:00:00Z",
      ["2027-01-04T14:00:00Z", "2027-01-05T14:00:00Z"],
    ],
    ["a name for the whole", "@daily", "Europe/Berlin", "2027-01-01T00:00:00Z", ["2027-01-01T23:00:00Z"]],
    // On 2027-03-28 the clocks of Berlin go from 02:00 to 03:00, on 2027-10-31 from 03:00 to 02:00.
    [
      "leap days that are eight years apart",
      "0 0 29 2 *",
      "UTC",
      "2096-03-01T00:00:00Z",
      ["2104-02-29T00:00:00Z"],
    ],
    [
      "a time that the clocks skip",
      "30 2 * * *",
      "Europe/Berlin",
      "2027-03-27T12:00:00Z",
      ["2027-03-28T01:30:00Z", "2027-03-29T00:30:00Z"],
    ],
    [
      "a time that the clocks show twice",
      "30 2 * * *",
      "Europe/Berlin",
      "2027-10-30T12:00:00Z",
      ["2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"],
    ],
    [
      "each of the hours that the clocks show twice",
      "0 * * * *",
      "Europe/Berlin",
      "2027-10-30T23:30:00Z",
      ["2027-10-31T00:00:00Z", "2027-10-31T01:00:00Z", "2027-10-31T02:00:00Z"],
    ],
    [
      "hours across the skipped one",
      "0 * * * *",
      "Europe/Berlin",
      "2027-03-28T00:30:00Z",
      ["2027-03-28T01:00:00Z", "2027-03-28T02:00:00Z"],
    ],
    [
      "a fixed local time on either side of the change",
      "0 9 * * *",
      "Europe/Berlin",
      "2027-03-27T00:00:00Z",
      ["2027-03-27T08:00:00Z", "2027-03-28T07:00:00Z"],
    ],
  ])("%s", (_title, cron, timeZone, after, expected) => {
    expect(timesAfter({ cron, timeZone }, Date.parse(after), expected.length)).toEqual(
      expected.map((time) => Date.parse(time)),
    );
  });

  test.each([
    ["", "UTC", "cron"],
    ["0 12 * *", "UTC", "cron"],
    ["* * * * * *", "UTC", "cron"],
    ["61 * * * *", "UTC", "cron"],
    ["0 0 30 2 *", "UTC", "cron"],
    ["0 0 31 2,4 *", "UTC", "cron"],
    ["0 0 * 2 1#5", "UTC", "cron"],
    ["H H * * *", "UTC", "cron"],
    ["0-59/0 * * * *", "UTC", "cron"],
    ["@secondly", "UTC", "cron"],
    ["at noon", "UTC", "cron"],
    ["0 9 * * *", "Mars/Olympus", "time_zone"],
    ["0 9 * * *", "+02:00", "time_zone"],
    ["0 9 * * *", "", "time_zone"],
  ])("%j in %j is refused, naming %s", (cron, timeZone, param) => {
    let refusal: unknown;
    try {
      timesAfter({ cron, timeZone }, 0, 1);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(TokenHubError);
    expect(refusal).toMatchObject({ code: "invalid_request", param });
  });
});

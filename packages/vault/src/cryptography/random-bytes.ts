import { randomBytes } from "node:crypto";

/** Gives that many unpredictable bytes in a buffer of their own. */
export type RandomBytes = (sizeBytes: number) => Buffer;

/** The random bytes of the operating system. */
export const systemRandomBytes: RandomBytes = (sizeBytes) => randomBytes(sizeBytes);

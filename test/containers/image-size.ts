/** What an image may add to its base image, in MB; docs/DEPLOYMENT.md states the same. */
export const addedLimitMb = {
  oneService: 150,
  wholeProduct: 250,
} as const;

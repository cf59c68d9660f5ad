/** Why rows wait; spelled once, so that a search finds all of them. */
export const laterReasons = {
  adminUi: "the admin UI is not built yet",
  kubernetes: "the Kubernetes chart is not built yet",
} as const;

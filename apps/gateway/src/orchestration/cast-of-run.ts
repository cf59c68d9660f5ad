import type { CatalogueModel, RunSettings } from "@tokenhub/contracts";
import { roleCandidates, type CandidateQuestion } from "./role-candidates.ts";
import { dearestPrice, type RolePrice } from "./role-prices.ts";

/** Who can play in a run. */
export interface CastOfRun {
  /** The settings, with no more voters than there are models for. */
  readonly settings: RunSettings;
  /** What the tokens of a role cost at most. */
  readonly priceOf: (role: string) => RolePrice;
}

const reviewRoles = new Set(["critic", "judge"]);
const primaryRoles = new Set(["planner", "writer", "voter"]);

/**
 * Looks in the catalogue for the models of both parts, so that a run that nobody can play is refused before anything is paid.
 * @param roles of the calls the run may make.
 * @throws TokenHubError what a request for a part would be refused with.
 */
export function castOfRun(
  question: CandidateQuestion,
  { settings, roles }: { readonly settings: RunSettings; readonly roles: ReadonlySet<string> },
): CastOfRun {
  const isReviewed = [...roles].some((role) => !primaryRoles.has(role));
  // A part that only talks about the others' answers is given no tools and no form of answer.
  const reviewQuestion = { ...question, features: { ...question.features, needs: imagesOnly(question) } };
  const primary =
    settings.voters > 0 ? voterModels(question, settings) : roleCandidates(question, settings.primary);
  const review = isReviewed ? roleCandidates(reviewQuestion, settings.review) : [];
  const prices = {
    primary: dearestPrice(primary),
    review: dearestPrice(review),
    either: dearestPrice([...primary, ...review]),
  };
  return {
    settings: settings.voters > primary.length ? { ...settings, voters: primary.length } : settings,
    priceOf(role) {
      if (primaryRoles.has(role)) return prices.primary;
      return reviewRoles.has(role) ? prices.review : prices.either;
    },
  };
}

/** The models that may vote: the named one and whom the router picks besides; a named judge only where there is no other. */
function voterModels(question: CandidateQuestion, { primary, review }: RunSettings): CatalogueModel[] {
  const named = primary.modelId === null ? [] : roleCandidates(question, primary);
  const open = roleCandidates(question, { ...primary, modelId: null, allowFallback: true });
  const models = [...new Set([...named, ...open])];
  const others = models.filter(({ id }) => id !== review.modelId);
  return others.length === 0 ? models : others;
}

function imagesOnly({ features }: CandidateQuestion): CandidateQuestion["features"]["needs"] {
  return features.needs.filter((need) => need === "images");
}

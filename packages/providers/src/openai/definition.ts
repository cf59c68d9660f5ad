import { defineOpenAiCompatible } from "../openai-compatible/define-openai-compatible.ts";

/** The OpenAI API. Options `organization` and `project` choose what the usage is billed to. */
export const openAi = defineOpenAiCompatible({
  type: "openai",
  defaultBaseUrl: "https://api.openai.com",
  credential: "required",
  extensions: [],
  servesEmbeddings: true,
  completion: "per_model",
  responses: "native",
  maxTokensField: "max_completion_tokens",
  sendsRequestId: false,
  optionHeaders({ organization, project }) {
    return {
      ...(organization === undefined ? {} : { "openai-organization": organization }),
      ...(project === undefined ? {} : { "openai-project": project }),
    };
  },
});

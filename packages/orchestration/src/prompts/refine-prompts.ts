const review = `This is your latest answer to the conversation above:

<answer>
{{answer}}
</answer>

Look at it as a strict reviewer would: what is wrong, missing, unclear or longer than it needs to be? `;

/** The first answer is asked for by the conversation alone; an operator may put a system message in front. */
export const refinePrompts = {
  "answer.system": "",
  "improve.system": `You review your own work and improve it until nothing is left to mend. You keep what is right and never trade correctness for style.`,
  "improve.ask": `${review}Then write the improved answer in full and in the same form, without mentioning the review or the earlier version. If nothing is left to improve, repeat the answer as it is.`,
  "improve.ask_or_stop": `${review}Then write the improved answer in full and in the same form, without mentioning the review or the earlier version. If nothing is left to improve, reply with these two words alone: NOTHING LEFT`,
} as const;

/** 32 MiB: the longest answer taken when a call names no limit. */
export const defaultMaxResponseBytes = 33_554_432;
/** 4 MiB: the longest stream event taken when a call names no limit. */
export const defaultMaxEventBytes = 4_194_304;

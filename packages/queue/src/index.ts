export * from "./check-redis-policy.ts";
export * from "./cancellation.ts";
export * from "./catalogue-channel.ts";
export * from "./catalogue.ts";
export * from "./job-consumer.ts";
export * from "./job-producer.ts";
export * from "./redis-connection.ts";
export * from "./reply-listener.ts";

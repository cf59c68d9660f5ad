# One file for every image. `docker build -t tokenhub .` makes the whole product in one container, its own Redis included;
# `docker build --build-arg SERVICE=gateway .` makes one service: gateway, orchestrator-worker, router-worker, provider-worker,
# webhook-worker or mock-llm.
ARG SERVICE=

# Only what decides which packages are installed, so that a change of source code leaves the next stage cached.
FROM node:24-bookworm-slim AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json -delete && find . -mindepth 1 -type d -empty -delete

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY --from=manifests /app ./
# No package needs an install script. The Node that the repository carries is left out: the base image is one.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/node-linux-* node_modules/node-win-* node_modules/.bin/node \
 && npm cache clean --force

FROM node:24-bookworm-slim AS base
WORKDIR /app
COPY --from=packages /app ./
COPY . .
# The user may write to /data, to /secrets (which gateway, provider worker and webhook worker share) and, while the image is built, to the
# cache of compiled code; to nothing else. Nothing here installs packages any more, so what could do it goes.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn* /opt/yarn-* \
 && chmod 755 scripts/start.mjs \
 && ln -s /app/scripts/start.mjs /tokenhub \
 && mkdir -p /data /secrets .cache/compile \
 && chown node:node /data /secrets .cache/compile \
 && chmod 700 /secrets
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=1 \
    MALLOC_MMAP_THRESHOLD_=65536 \
    NODE_COMPILE_CACHE=/app/.cache/compile \
    TOKENHUB_HOST=0.0.0.0 \
    TOKENHUB_DATA_DIR=/data
USER node

FROM base AS service-gateway
RUN node scripts/warm-compile-cache.mjs gateway
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "/app/scripts/healthcheck.mjs", "8080"]
CMD ["node", "apps/gateway/src/main.ts"]

# The workers take no requests; their port serves /healthz, /readyz and /metrics to the other containers.
FROM base AS worker
ENV TOKENHUB_ADMIN_HOST=0.0.0.0 \
    TOKENHUB_ADMIN_PORT=9464
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "/app/scripts/healthcheck.mjs", "9464"]

FROM worker AS service-orchestrator-worker
RUN node scripts/warm-compile-cache.mjs orchestrator-worker
# As scripts/start/service-specs.ts starts it.
CMD ["node", "--max-semi-space-size=2", "apps/orchestrator-worker/src/main.ts"]

FROM worker AS service-router-worker
RUN node scripts/warm-compile-cache.mjs router-worker
CMD ["node", "apps/router-worker/src/main.ts"]

FROM worker AS service-provider-worker
RUN node scripts/warm-compile-cache.mjs provider-worker
CMD ["node", "apps/provider-worker/src/main.ts"]

FROM worker AS service-webhook-worker
RUN node scripts/warm-compile-cache.mjs webhook-worker
CMD ["node", "apps/webhook-worker/src/main.ts"]

FROM base AS service-mock-llm
ENV TOKENHUB_MOCK_HOST=0.0.0.0
RUN node scripts/warm-compile-cache.mjs mock-llm
EXPOSE 8090
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "/app/scripts/healthcheck.mjs", "8090"]
CMD ["node", "apps/mock-llm/src/main.ts"]

FROM base AS service-all
USER root
# tini is process 1: it hands signals on and collects orphans.
RUN apt-get update \
 && apt-get install -y --no-install-recommends redis-server tini \
 && rm -rf /var/lib/apt/lists/*
USER node
RUN node scripts/warm-compile-cache.mjs gateway orchestrator-worker router-worker provider-worker webhook-worker
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "/app/scripts/healthcheck.mjs"]
ENTRYPOINT ["tini", "--", "/tokenhub"]

FROM service-${SERVICE:-all}

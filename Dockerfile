# syntax=docker/dockerfile:1
# kube-portal's image: build with every dependency, run with the production ones, Node.js and the packet filter's tools.
#
# Node.js 26 is the long-term release since October 2026. Debian bookworm because its iptables (1.8.9) is the one the
# tests run against; the package brings both variants, nft and legacy.

ARG NODE_IMAGE=node:26-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No dependency needs its install script; not running them keeps the build to what the lock file names.
RUN npm ci --ignore-scripts --prefer-offline
COPY tsconfig.json ./
COPY lib ./lib
RUN node_modules/.bin/tsc -p . && npm prune --omit=dev --ignore-scripts --prefer-offline

FROM ${NODE_IMAGE}
RUN apt-get update \
  && apt-get install -y --no-install-recommends iptables conntrack iproute2 kmod \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist/lib ./dist/lib
# For `kubectl exec … -- kube-portal explain`.
RUN chmod +x /app/dist/lib/main.js && ln -s /app/dist/lib/main.js /usr/local/bin/kube-portal
# Half of V8's own room for young objects: 30 MB less in a cluster of 10,000 Services (docs/decisions/0006).
ENV NODE_OPTIONS=--max-semi-space-size=8
# Root, for iptables; which capabilities that root has is the pod's to say. The program handles SIGTERM itself and
# waits for each process it starts, so it needs no init around it.
ENTRYPOINT ["node", "/app/dist/lib/main.js"]

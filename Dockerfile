# Dependencies in a stage of their own, so that a change of sources does not install them again.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# `optional` too: Drizzle would bring PGlite along as an optional peer, 27 MB of embedded mode.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-fund

FROM node:24-slim
LABEL org.opencontainers.image.title="portal-mfa" org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY migrations ./migrations
COPY openapi ./openapi
COPY src ./src
# Nothing is written: the root file system may be read-only.
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/health/live`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# node is PID 1 and handles SIGTERM itself. Migrations are a step of their own: `node src/migrate.ts`.
CMD ["node", "--disable-proto=delete", "src/main.ts"]

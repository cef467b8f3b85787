// Telemetry off: ONNX Runtime 1.30 reports every session to its maker (mobile.events.data.microsoft.com) and keeps a device id in the home
// folder, unless this variable is set before its library is loaded. Imported first by the only file that loads it.
// Source: microsoft/onnxruntime, onnxruntime/core/platform/posix/telemetry.cc; on Windows it writes to the system's event tracing alone.

process.env['ORT_DISABLE_TELEMETRY'] = '1'

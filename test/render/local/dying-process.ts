// A worker that dies on every call.

process.on('message', () => process.kill(process.pid, 'SIGKILL'))

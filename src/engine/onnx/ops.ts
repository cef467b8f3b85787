// ONNX operators, one function each, with the specification's inputs and attributes. Each computes and checks the shape it gives.
// Source: onnx/onnx docs/Operators.md, opset 23; com.microsoft: microsoft/onnxruntime docs/ContribOperators.md.

export * from './ops/attention.ts'
export * from './ops/convolution.ts'
export * from './ops/elementwise.ts'
export * from './ops/matmul.ts'
export * from './ops/normalization.ts'
export * from './ops/reduction.ts'
export * from './ops/shape.ts'

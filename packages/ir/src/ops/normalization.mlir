// run: @batch_norm_training([[[1, 2], [3, 4]], [[3, 4], [1, 2]]], [1, 1], [1, 1]) == [[[0, 0], [2, 2]], [[2, 2], [0, 0]]], [2, 3], [1, 1]
// With an epsilon; the values are XLA's.
// run: @epsilon([[1, 2, 3], [5, 4, 9]], [1, 2, 0.5], [1, 2, 0.5]) ~= [[0.10557280900008403, 0.5857864376269051, 0.025658350974743116], [1.894427190999916, 3.414213562373095, 0.9743416490252569]], [3, 3, 6], [4, 1, 9]
func.func @batch_norm_training(%arg0: tensor<2x2x2xf64>, %arg1: tensor<2xf64>, %arg2: tensor<2xf64>) -> (tensor<2x2x2xf64>, tensor<2xf64>, tensor<2xf64>) {
  %output, %batch_mean, %batch_var = "stablehlo.batch_norm_training"(%arg0, %arg1, %arg2) <{epsilon = 0.000000e+00 : f32, feature_index = 2 : i64}> : (tensor<2x2x2xf64>, tensor<2xf64>, tensor<2xf64>) -> (tensor<2x2x2xf64>, tensor<2xf64>, tensor<2xf64>)
  return %output, %batch_mean, %batch_var : tensor<2x2x2xf64>, tensor<2xf64>, tensor<2xf64>
}
func.func @epsilon(%arg0: tensor<2x3xf32>, %arg1: tensor<3xf32>, %arg2: tensor<3xf32>) -> (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %output, %batch_mean, %batch_var = "stablehlo.batch_norm_training"(%arg0, %arg1, %arg2) <{epsilon = 1.000000e+00 : f32, feature_index = 1 : i64}> : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>)
  return %output, %batch_mean, %batch_var : tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>
}
// -----
// run: @batch_norm_inference([[[1, 2], [3, 4]], [[3, 4], [1, 2]]], [1, 1], [1, 1], [2, 3], [1, 1]) == [[[0, 0], [2, 2]], [[2, 2], [0, 0]]]
func.func @batch_norm_inference(%arg0: tensor<2x2x2xf64>, %arg1: tensor<2xf64>, %arg2: tensor<2xf64>, %arg3: tensor<2xf64>, %arg4: tensor<2xf64>) -> tensor<2x2x2xf64> {
  %0 = "stablehlo.batch_norm_inference"(%arg0, %arg1, %arg2, %arg3, %arg4) <{epsilon = 0.000000e+00 : f32, feature_index = 2 : i64}> : (tensor<2x2x2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>) -> tensor<2x2x2xf64>
  return %0 : tensor<2x2x2xf64>
}
// -----
// error: batch_norm_inference/C3
func.func @f(%x: tensor<2x3xf32>, %scale: tensor<2xf32>, %offset: tensor<3xf32>, %mean: tensor<3xf32>, %variance: tensor<3xf32>) -> tensor<2x3xf32> {
  %0 = "stablehlo.batch_norm_inference"(%x, %scale, %offset, %mean, %variance) <{epsilon = 0.000000e+00 : f32, feature_index = 1 : i64}> : (tensor<2x3xf32>, tensor<2xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
// -----
// The values are XLA's.
// run: @batch_norm_grad([[1, 2, 3], [5, 4, 9]], [1, 2, 0.5], [3, 3, 6], [4, 1, 9], [[1, 0, 2], [0.5, 1, -1]]) ~= [[0.022360679774997894, -0.35355339059327373, 0.023717082451262833], [-0.022360679774997894, 0.35355339059327373, -0.023717082451262833]], [-0.447213595499958, 0.7071067811865475, -2.8460498941515415], [1.5, 1, 1]
func.func @batch_norm_grad(%arg0: tensor<2x3xf32>, %arg1: tensor<3xf32>, %arg2: tensor<3xf32>, %arg3: tensor<3xf32>, %arg4: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %grad_operand, %grad_scale, %grad_offset = "stablehlo.batch_norm_grad"(%arg0, %arg1, %arg2, %arg3, %arg4) <{epsilon = 1.000000e+00 : f32, feature_index = 1 : i64}> : (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>)
  return %grad_operand, %grad_scale, %grad_offset : tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>
}

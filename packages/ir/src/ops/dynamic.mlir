// run: @dynamic_broadcast_in_dim([[1, 2, 3]], [2, 3, 2]) == [[[1, 1], [2, 2], [3, 3]], [[1, 1], [2, 2], [3, 3]]]
func.func @dynamic_broadcast_in_dim(%arg0: tensor<1x3xi64>, %arg1: tensor<3xi64>) -> tensor<2x3x2xi64> {
  %0 = stablehlo.dynamic_broadcast_in_dim %arg0, %arg1, dims = [2, 1] : (tensor<1x3xi64>, tensor<3xi64>) -> tensor<2x3x2xi64>
  return %0 : tensor<2x3x2xi64>
}
// -----
// run: @dynamic_conv([[[1, 2, 3, 4]]], [[[1, 10, 100]]], [[1, 1]]) == [[[210, 321, 432, 43]]]
func.func @dynamic_conv(%arg0: tensor<1x1x4xf32>, %arg1: tensor<1x1x3xf32>, %arg2: tensor<1x2xi64>) -> tensor<1x1x4xf32> {
  %0 = "stablehlo.dynamic_conv"(%arg0, %arg1, %arg2) <{batch_group_count = 1 : i64, dimension_numbers = #stablehlo.conv<[b, f, 0]x[o, i, 0]->[b, f, 0]>, feature_group_count = 1 : i64}> : (tensor<1x1x4xf32>, tensor<1x1x3xf32>, tensor<1x2xi64>) -> tensor<1x1x4xf32>
  return %0 : tensor<1x1x4xf32>
}
// -----
// run: @dynamic_gather([[[1, 2], [3, 4], [5, 6], [7, 8]], [[9, 10], [11, 12], [13, 14], [15, 16]], [[17, 18], [19, 20], [21, 22], [23, 24]]], [[[0, 0], [1, 0], [2, 1]], [[0, 1], [1, 1], [0, 2]]], [1, 2, 2]) == [[[[1, 2], [3, 4]], [[3, 4], [5, 6]], [[13, 14], [15, 16]]], [[[9, 10], [11, 12]], [[11, 12], [13, 14]], [[17, 18], [19, 20]]]]
func.func @dynamic_gather(%arg0: tensor<3x4x2xi64>, %arg1: tensor<2x3x2xi64>, %arg2: tensor<3xi64>) -> tensor<2x3x2x2xi64> {
  %0 = "stablehlo.dynamic_gather"(%arg0, %arg1, %arg2) <{dimension_numbers = #stablehlo.gather<offset_dims = [2, 3], collapsed_slice_dims = [0], start_index_map = [1, 0], index_vector_dim = 2>}> : (tensor<3x4x2xi64>, tensor<2x3x2xi64>, tensor<3xi64>) -> tensor<2x3x2x2xi64>
  return %0 : tensor<2x3x2x2xi64>
}
// -----
// run: @dynamic_iota([4, 5]) == [[0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [2, 2, 2, 2, 2], [3, 3, 3, 3, 3]]
func.func @dynamic_iota(%arg0: tensor<2xi64>) -> tensor<4x5xi64> {
  %0 = stablehlo.dynamic_iota %arg0, dim = 0 : (tensor<2xi64>) -> tensor<4x5xi64>
  return %0 : tensor<4x5xi64>
}
// -----
// run: @dynamic_pad([[1, 2, 3], [4, 5, 6]], 0, [0, 1], [2, 1], [1, 2]) == [[0, 1, 0, 0, 2, 0, 0, 3, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 4, 0, 0, 5, 0, 0, 6, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0]]
func.func @dynamic_pad(%arg0: tensor<2x3xi64>, %arg1: tensor<i64>, %arg2: tensor<2xi64>, %arg3: tensor<2xi64>, %arg4: tensor<2xi64>) -> tensor<5x9xi64> {
  %0 = stablehlo.dynamic_pad %arg0, %arg1, %arg2, %arg3, %arg4 : (tensor<2x3xi64>, tensor<i64>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<5x9xi64>
  return %0 : tensor<5x9xi64>
}
// -----
// run: @dynamic_reshape([[1, 2, 3], [4, 5, 6]], [3, 2]) == [[1, 2], [3, 4], [5, 6]]
func.func @dynamic_reshape(%arg0: tensor<2x3xi64>, %arg1: tensor<2xi64>) -> tensor<3x2xi64> {
  %0 = stablehlo.dynamic_reshape %arg0, %arg1 : (tensor<2x3xi64>, tensor<2xi64>) -> tensor<3x2xi64>
  return %0 : tensor<3x2xi64>
}
// -----
// run: @real_dynamic_slice([1, 2, 3, 4, 5], [1], [5], [2]) == [2, 4]
func.func @real_dynamic_slice(%arg0: tensor<5xi64>, %arg1: tensor<1xi64>, %arg2: tensor<1xi64>, %arg3: tensor<1xi64>) -> tensor<2xi64> {
  %0 = stablehlo.real_dynamic_slice %arg0, %arg1, %arg2, %arg3 : (tensor<5xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  return %0 : tensor<2xi64>
}

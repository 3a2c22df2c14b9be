// run: @broadcast_in_dim([[1, 2, 3]]) == [[[1, 1], [2, 2], [3, 3]], [[1, 1], [2, 2], [3, 3]]]
func.func @broadcast_in_dim(%arg0: tensor<1x3xi32>) -> tensor<2x3x2xi32> {
  %0 = stablehlo.broadcast_in_dim %arg0, dims = [2, 1] : (tensor<1x3xi32>) -> tensor<2x3x2xi32>
  return %0 : tensor<2x3x2xi32>
}
// -----
// run: @broadcast([1, 2]) == [[1, 2], [1, 2], [1, 2]]
func.func @broadcast(%arg0: tensor<2xi32>) -> tensor<3x2xi32> {
  %0 = stablehlo.broadcast %arg0, sizes = [3] : (tensor<2xi32>) -> tensor<3x2xi32>
  return %0 : tensor<3x2xi32>
}
// -----
// run: @concatenate([[1, 2], [3, 4], [5, 6]], [[7, 8]]) == [[1, 2], [3, 4], [5, 6], [7, 8]]
func.func @concatenate(%arg0: tensor<3x2xi64>, %arg1: tensor<1x2xi64>) -> tensor<4x2xi64> {
  %0 = stablehlo.concatenate %arg0, %arg1, dim = 0 : (tensor<3x2xi64>, tensor<1x2xi64>) -> tensor<4x2xi64>
  return %0 : tensor<4x2xi64>
}
// -----
// run: @get_dimension_size([[1, 2, 3], [4, 5, 6]]) == 3
func.func @get_dimension_size(%arg0: tensor<2x3xi64>) -> tensor<i32> {
  %0 = stablehlo.get_dimension_size %arg0, dim = 1 : (tensor<2x3xi64>) -> tensor<i32>
  return %0 : tensor<i32>
}
// -----
// run: @pad([[1, 2, 3], [4, 5, 6]], 0) == [[0, 1, 0, 0, 2, 0, 0, 3, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 4, 0, 0, 5, 0, 0, 6, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0]]
// Negative padding removes elements after the interior padding was put in.
// run: @crop([1, 2, 3], 9) == [2, 9]
// run: @grow([], 9) == [9, 9]
func.func @pad(%arg0: tensor<2x3xi32>, %arg1: tensor<i32>) -> tensor<5x9xi32> {
  %0 = stablehlo.pad %arg0, %arg1, low = [0, 1], high = [2, 1], interior = [1, 2] : (tensor<2x3xi32>, tensor<i32>) -> tensor<5x9xi32>
  return %0 : tensor<5x9xi32>
}
func.func @crop(%arg0: tensor<3xi32>, %arg1: tensor<i32>) -> tensor<2xi32> {
  %0 = stablehlo.pad %arg0, %arg1, low = [-2], high = [-1], interior = [1] : (tensor<3xi32>, tensor<i32>) -> tensor<2xi32>
  return %0 : tensor<2xi32>
}
func.func @grow(%arg0: tensor<0xi32>, %arg1: tensor<i32>) -> tensor<2xi32> {
  %0 = stablehlo.pad %arg0, %arg1, low = [1], high = [1], interior = [3] : (tensor<0xi32>, tensor<i32>) -> tensor<2xi32>
  return %0 : tensor<2xi32>
}
// -----
// run: @reshape([[1, 2, 3], [4, 5, 6]]) == [[1, 2], [3, 4], [5, 6]]
func.func @reshape(%arg0: tensor<2x3xi32>) -> tensor<3x2xi32> {
  %0 = stablehlo.reshape %arg0 : (tensor<2x3xi32>) -> tensor<3x2xi32>
  return %0 : tensor<3x2xi32>
}
// -----
// run: @reverse([[1, 2], [3, 4], [5, 6]]) == [[2, 1], [4, 3], [6, 5]]
func.func @reverse(%arg0: tensor<3x2xi32>) -> tensor<3x2xi32> {
  %0 = stablehlo.reverse %arg0, dims = [1] : tensor<3x2xi32>
  return %0 : tensor<3x2xi32>
}
// -----
// run: @transpose([[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]]) == [[[1, 7], [3, 9], [5, 11]], [[2, 8], [4, 10], [6, 12]]]
// run: @pairs([[(1.0, 2.0), (3.0, 4.0)]]) == [[(1.0, 2.0)], [(3.0, 4.0)]]
func.func @transpose(%arg0: tensor<2x3x2xi32>) -> tensor<2x3x2xi32> {
  %0 = stablehlo.transpose %arg0, dims = [2, 1, 0] : (tensor<2x3x2xi32>) -> tensor<2x3x2xi32>
  return %0 : tensor<2x3x2xi32>
}
func.func @pairs(%arg0: tensor<1x2xcomplex<f64>>) -> tensor<2x1xcomplex<f64>> {
  %0 = stablehlo.transpose %arg0, dims = [1, 0] : (tensor<1x2xcomplex<f64>>) -> tensor<2x1xcomplex<f64>>
  return %0 : tensor<2x1xcomplex<f64>>
}
// -----
// error: broadcast_in_dim/C4
func.func @twice_the_same(%x: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %0 = "stablehlo.broadcast_in_dim"(%x) <{broadcast_dimensions = array<i64: 0, 0>}> : (tensor<2x2xi32>) -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}
// -----
// error: broadcast_in_dim/C5
func.func @sizes_do_not_fit(%x: tensor<2xi32>) -> tensor<3xi32> {
  %0 = "stablehlo.broadcast_in_dim"(%x) <{broadcast_dimensions = array<i64: 0>}> : (tensor<2xi32>) -> tensor<3xi32>
  return %0 : tensor<3xi32>
}
// -----
// error: concatenate/C4
func.func @no_such_dimension(%x: tensor<2xi32>) -> tensor<2xi32> {
  %0 = "stablehlo.concatenate"(%x) <{dimension = 1 : i64}> : (tensor<2xi32>) -> tensor<2xi32>
  return %0 : tensor<2xi32>
}
// -----
// error: pad/C3
func.func @negative_interior(%x: tensor<2xi32>, %v: tensor<i32>) -> tensor<1xi32> {
  %0 = "stablehlo.pad"(%x, %v) <{edge_padding_low = array<i64: 0>, edge_padding_high = array<i64: 0>, interior_padding = array<i64: -1>}> : (tensor<2xi32>, tensor<i32>) -> tensor<1xi32>
  return %0 : tensor<1xi32>
}
// -----
// error: reshape/C2
func.func @other_size(%x: tensor<2x3xi32>) -> tensor<5xi32> {
  %0 = "stablehlo.reshape"(%x) : (tensor<2x3xi32>) -> tensor<5xi32>
  return %0 : tensor<5xi32>
}
// -----
// error: transpose/C2
func.func @no_permutation(%x: tensor<2x3xi32>) -> tensor<2x2xi32> {
  %0 = "stablehlo.transpose"(%x) <{permutation = array<i64: 0, 0>}> : (tensor<2x3xi32>) -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

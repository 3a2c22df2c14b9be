// A start outside the operand moves inside.
// run: @dynamic_slice([[0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]], -1, 3) == [[1, 1], [1, 1]]
func.func @dynamic_slice(%arg0: tensor<4x4xi32>, %arg1: tensor<i64>, %arg2: tensor<i64>) -> tensor<2x2xi32> {
  %0 = stablehlo.dynamic_slice %arg0, %arg1, %arg2, sizes = [2, 2] : (tensor<4x4xi32>, tensor<i64>, tensor<i64>) -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}
// -----
// run: @dynamic_update_slice([[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1]], [[1, 1], [1, 1]], -1, 3) == [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]]
func.func @dynamic_update_slice(%arg0: tensor<4x4xi32>, %arg1: tensor<2x2xi32>, %arg2: tensor<i64>, %arg3: tensor<i64>) -> tensor<4x4xi32> {
  %0 = stablehlo.dynamic_update_slice %arg0, %arg1, %arg2, %arg3 : (tensor<4x4xi32>, tensor<2x2xi32>, tensor<i64>, tensor<i64>) -> tensor<4x4xi32>
  return %0 : tensor<4x4xi32>
}
// -----
// run: @slice([[0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]) == [[1, 1], [1, 1]]
// run: @strided([0, 1, 2, 3, 4, 5, 6]) == [1, 4]
func.func @slice(%arg0: tensor<3x4xi64>) -> tensor<2x2xi64> {
  %0 = stablehlo.slice %arg0 [1:3, 2:4] : (tensor<3x4xi64>) -> tensor<2x2xi64>
  return %0 : tensor<2x2xi64>
}
func.func @strided(%arg0: tensor<7xi64>) -> tensor<2xi64> {
  %0 = stablehlo.slice %arg0 [1:6:3] : (tensor<7xi64>) -> tensor<2xi64>
  return %0 : tensor<2xi64>
}
// -----
// error: dynamic_slice/C4
func.func @too_large(%x: tensor<2xi32>, %i: tensor<i32>) -> tensor<3xi32> {
  %0 = "stablehlo.dynamic_slice"(%x, %i) <{slice_sizes = array<i64: 3>}> : (tensor<2xi32>, tensor<i32>) -> tensor<3xi32>
  return %0 : tensor<3xi32>
}
// -----
// error: slice/C3
func.func @beyond_the_end(%x: tensor<2xi32>) -> tensor<2xi32> {
  %0 = "stablehlo.slice"(%x) <{start_indices = array<i64: 1>, limit_indices = array<i64: 3>, strides = array<i64: 1>}> : (tensor<2xi32>) -> tensor<2xi32>
  return %0 : tensor<2xi32>
}

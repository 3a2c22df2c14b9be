// run: @dot_general([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], [[[1, 0], [0, 1]], [[1, 0], [0, 1]]]) == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
// run: @outer([1, 2], [3, 4, 5]) == [[3, 4, 5], [6, 8, 10]]
// run: @wide([100, 100], [100, 100]) == 20000
// run: @wraps([100, 100], [100, 100]) == 32
// run: @complex([(1, 2), (3, -1)], [(0, 1), (2, 2)]) == (6, 5)
// run: @truth([true, false], [false, true]) == false
func.func @dot_general(%arg0: tensor<2x2x2xi64>, %arg1: tensor<2x2x2xi64>) -> tensor<2x2x2xi64> {
  %0 = stablehlo.dot_general %arg0, %arg1, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x2x2xi64>, tensor<2x2x2xi64>) -> tensor<2x2x2xi64>
  return %0 : tensor<2x2x2xi64>
}
func.func @outer(%arg0: tensor<2xf16>, %arg1: tensor<3xf16>) -> tensor<2x3xf32> {
  %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [] x [] : (tensor<2xf16>, tensor<3xf16>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
func.func @wide(%arg0: tensor<2xi8>, %arg1: tensor<2xi8>) -> tensor<i32> {
  %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [0] x [0] : (tensor<2xi8>, tensor<2xi8>) -> tensor<i32>
  return %0 : tensor<i32>
}
func.func @wraps(%arg0: tensor<2xi8>, %arg1: tensor<2xi8>) -> tensor<i8> {
  %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [0] x [0] : (tensor<2xi8>, tensor<2xi8>) -> tensor<i8>
  return %0 : tensor<i8>
}
func.func @complex(%arg0: tensor<2xcomplex<f32>>, %arg1: tensor<2xcomplex<f32>>) -> tensor<complex<f32>> {
  %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [0] x [0] : (tensor<2xcomplex<f32>>, tensor<2xcomplex<f32>>) -> tensor<complex<f32>>
  return %0 : tensor<complex<f32>>
}
func.func @truth(%arg0: tensor<2xi1>, %arg1: tensor<2xi1>) -> tensor<i1> {
  %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [0] x [0] : (tensor<2xi1>, tensor<2xi1>) -> tensor<i1>
  return %0 : tensor<i1>
}
// -----
// error: dot_general/C10
func.func @f(%lhs: tensor<2x3xf32>, %rhs: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = stablehlo.dot_general %lhs, %rhs, contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
// -----
// error: dot_general/C12
func.func @f(%lhs: tensor<2x3xf32>, %rhs: tensor<3x4xf32>) -> tensor<4x2xf32> {
  %0 = stablehlo.dot_general %lhs, %rhs, contracting_dims = [1] x [0] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}
// -----
// run: @dot([[1, 2], [3, 4]], [10, 1]) == [12, 34]
func.func @dot(%arg0: tensor<2x2xf32>, %arg1: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.dot %arg0, %arg1 : (tensor<2x2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
// -----
// run: @convolution([[[[1], [2], [5], [6]], [[3], [4], [7], [8]], [[10], [11], [14], [15]], [[12], [13], [16], [17]]]], [[[[1]], [[1]], [[1]]], [[[1]], [[1]], [[1]]], [[[1]], [[1]], [[1]]]]) == [[[[10], [26]], [[46], [62]]]]
// A window of [1, 10, 100], as it is, reversed, and with a low padding that is negative.
// run: @plain([[[1, 2, 3, 4]]], [[[1, 10, 100]]]) == [[[210, 321, 432, 43]]]
// run: @reversed([[[1, 2, 3, 4]]], [[[1, 10, 100]]]) == [[[12, 123, 234, 340]]]
// run: @cropped([[[1, 2, 3, 4]]], [[[1, 10, 100]]]) == [[[432]]]
// Two groups of features, each with its own kernel; two groups of batches, each with its own kernel.
// run: @features([[[1, 2], [3, 4]]], [[[1, 1]], [[10, 100]]]) == [[[3], [430]]]
// run: @batches([[[1, 2]], [[3, 4]]], [[[1, 1]], [[10, 100]]]) == [[[3], [430]]]
func.func @convolution(%arg0: tensor<1x4x4x1xi64>, %arg1: tensor<3x3x1x1xi64>) -> tensor<1x2x2x1xi64> {
  %0 = stablehlo.convolution(%arg0, %arg1) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [4, 4], lhs_dilate = [2, 2]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x4x4x1xi64>, tensor<3x3x1x1xi64>) -> tensor<1x2x2x1xi64>
  return %0 : tensor<1x2x2x1xi64>
}
func.func @plain(%arg0: tensor<1x1x4xf32>, %arg1: tensor<1x1x3xf32>) -> tensor<1x1x4xf32> {
  %0 = stablehlo.convolution(%arg0, %arg1) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {pad = [[1, 1]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x1x4xf32>, tensor<1x1x3xf32>) -> tensor<1x1x4xf32>
  return %0 : tensor<1x1x4xf32>
}
func.func @reversed(%arg0: tensor<1x1x4xf32>, %arg1: tensor<1x1x3xf32>) -> tensor<1x1x4xf32> {
  %0 = stablehlo.convolution(%arg0, %arg1) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {pad = [[1, 1]], reverse = [true]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x1x4xf32>, tensor<1x1x3xf32>) -> tensor<1x1x4xf32>
  return %0 : tensor<1x1x4xf32>
}
func.func @cropped(%arg0: tensor<1x1x4xf32>, %arg1: tensor<1x1x3xf32>) -> tensor<1x1x1xf32> {
  %0 = stablehlo.convolution(%arg0, %arg1) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {pad = [[-1, 0]]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x1x4xf32>, tensor<1x1x3xf32>) -> tensor<1x1x1xf32>
  return %0 : tensor<1x1x1xf32>
}
func.func @features(%arg0: tensor<1x2x2xf32>, %arg1: tensor<2x1x2xf32>) -> tensor<1x2x1xf32> {
  %0 = stablehlo.convolution(%arg0, %arg1) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {} {batch_group_count = 1 : i64, feature_group_count = 2 : i64} : (tensor<1x2x2xf32>, tensor<2x1x2xf32>) -> tensor<1x2x1xf32>
  return %0 : tensor<1x2x1xf32>
}
func.func @batches(%arg0: tensor<2x1x2xf32>, %arg1: tensor<2x1x2xf32>) -> tensor<1x2x1xf32> {
  %0 = stablehlo.convolution(%arg0, %arg1) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {} {batch_group_count = 2 : i64, feature_group_count = 1 : i64} : (tensor<2x1x2xf32>, tensor<2x1x2xf32>) -> tensor<1x2x1xf32>
  return %0 : tensor<1x2x1xf32>
}
// -----
// error: convolution/C25
func.func @f(%lhs: tensor<1x1x4xf32>, %rhs: tensor<1x1x3xf32>) -> tensor<1x1x4xf32> {
  %0 = stablehlo.convolution(%lhs, %rhs) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x1x4xf32>, tensor<1x1x3xf32>) -> tensor<1x1x4xf32>
  return %0 : tensor<1x1x4xf32>
}
// -----
// error: convolution/C14
func.func @f(%lhs: tensor<1x4x4xf32>, %rhs: tensor<1x4x3xf32>) -> tensor<1x1x2xf32> {
  %0 = stablehlo.convolution(%lhs, %rhs) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {} {batch_group_count = 1 : i64, feature_group_count = 2 : i64} : (tensor<1x4x4xf32>, tensor<1x4x3xf32>) -> tensor<1x1x2xf32>
  return %0 : tensor<1x1x2xf32>
}
// -----
// run: @einsum([[1, 2], [3, 4]], [[5, 6], [7, 8]]) == [[19, 22], [43, 50]]
// run: @trace([[1, 2], [3, 4]]) == 5
func.func @einsum(%arg0: tensor<2x2xf32>, %arg1: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %0 = stablehlo.einsum %arg0, %arg1, config = "ij,jk->ik" : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
func.func @trace(%arg0: tensor<2x2xf32>) -> tensor<f32> {
  %0 = stablehlo.unary_einsum %arg0, config = "ii->" : (tensor<2x2xf32>) -> tensor<f32>
  return %0 : tensor<f32>
}

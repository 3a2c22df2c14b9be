// run: @rows() == [[0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [2, 2, 2, 2, 2], [3, 3, 3, 3, 3]]
// run: @columns() == [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]
// run: @complex() == [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)]
func.func @rows() -> tensor<4x5xi32> {
  %0 = stablehlo.iota dim = 0 : tensor<4x5xi32>
  return %0 : tensor<4x5xi32>
}
func.func @columns() -> tensor<4x5xi32> {
  %0 = stablehlo.iota dim = 1 : tensor<4x5xi32>
  return %0 : tensor<4x5xi32>
}
func.func @complex() -> tensor<3xcomplex<f32>> {
  %0 = stablehlo.iota dim = 0 : tensor<3xcomplex<f32>>
  return %0 : tensor<3xcomplex<f32>>
}
// -----
// run: @constant() == [[1, 2], [3, 4]], [7, 7, 7], true
func.func @constant() -> (tensor<2x2xi32>, tensor<3xi64>, tensor<i1>) {
  %c = stablehlo.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>
  %c_0 = stablehlo.constant dense<7> : tensor<3xi64>
  %c_1 = stablehlo.constant dense<true> : tensor<i1>
  return %c, %c_0, %c_1 : tensor<2x2xi32>, tensor<3xi64>, tensor<i1>
}
// -----
// error: iota/C1
func.func @no_such_dimension() -> tensor<4xi32> {
  %0 = "stablehlo.iota"() <{iota_dimension = 1 : i64}> : () -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

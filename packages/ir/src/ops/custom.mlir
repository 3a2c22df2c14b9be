// A composite runs its decomposition, also when a backend has no better way.
// run: @composite(3) == 10
func.func @composite(%arg0: tensor<f32>) -> tensor<f32> {
  %0 = stablehlo.composite "my.op" %arg0 {composite_attributes = {flavor = "plain"}, decomposition = @square_plus_one, version = 1 : i32} : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
func.func private @square_plus_one(%arg0: tensor<f32>) -> tensor<f32> {
  %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
  %0 = stablehlo.multiply %arg0, %arg0 : tensor<f32>
  %1 = stablehlo.add %0, %cst : tensor<f32>
  return %1 : tensor<f32>
}
// -----
// error: composite/C1
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  %0 = stablehlo.composite "op" %x {decomposition = @same} : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}
func.func private @same(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
// -----
// run: @sharding([1, 2]) == [1, 2]
func.func @sharding(%arg0: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.custom_call @Sharding(%arg0) {mhlo.sharding = "{replicated}"} : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
// -----
// LAPACK's geqrf and orgqr: R above, the reflectors below; their product is Q.
// run: @qr([[3, 1], [4, 2], [0, 2]]) ~= [[-5, -2.2], [0.5, -2.0396078], [0, 0.8198039]], [1.6, 1.1961161]
// run: @q([[3], [4]]) ~= [[-0.6], [-0.8]]
func.func @qr(%arg0: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<2xf32>) {
  %0:2 = stablehlo.custom_call @Qr(%arg0) : (tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<2xf32>)
  return %0#0, %0#1 : tensor<3x2xf32>, tensor<2xf32>
}
func.func @q(%arg0: tensor<2x1xf32>) -> tensor<2x1xf32> {
  %0:2 = stablehlo.custom_call @Qr(%arg0) : (tensor<2x1xf32>) -> (tensor<2x1xf32>, tensor<1xf32>)
  %1 = stablehlo.custom_call @ProductOfElementaryHouseholderReflectors(%0#0, %0#1) : (tensor<2x1xf32>, tensor<1xf32>) -> tensor<2x1xf32>
  return %1 : tensor<2x1xf32>
}

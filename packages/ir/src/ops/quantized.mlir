// Values are numbers of steps of the scale from the zero point, rounded to the nearest, ties to even.
// run: @quantize([-2.0, 0.0, 0.24, 0.25, 0.75, 100.0]) == [-2.0, 0.0, 0.0, 0.0, 1.0, 65.5]
// run: @per_axis([[4.0, 2.0], [0.0, 1.2]]) == [[4.0, 2.0], [0.0, 1.0]]
func.func @quantize(%arg0: tensor<6xf32>) -> tensor<6xf32> {
  %0 = stablehlo.uniform_quantize %arg0 : (tensor<6xf32>) -> tensor<6x!quant.uniform<i8:f32, 5.000000e-01:-4>>
  %1 = stablehlo.uniform_dequantize %0 : (tensor<6x!quant.uniform<i8:f32, 5.000000e-01:-4>>) -> tensor<6xf32>
  return %1 : tensor<6xf32>
}
func.func @per_axis(%arg0: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %0 = stablehlo.uniform_quantize %arg0 : (tensor<2x2xf32>) -> tensor<2x2x!quant.uniform<i8:f32:0, {2.000000e+00,5.000000e-01}>>
  %1 = stablehlo.uniform_dequantize %0 : (tensor<2x2x!quant.uniform<i8:f32:0, {2.000000e+00,5.000000e-01}>>) -> tensor<2x2xf32>
  return %1 : tensor<2x2xf32>
}

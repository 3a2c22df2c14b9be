// run: @to_i32([nan, 3.0e9, -3.0e9, 1.9, -1.9, inf]) == [0, 2147483647, -2147483648, 1, -1, 2147483647]
// run: @to_ui8([nan, 300.0, -1.0, 1.9, 254.5, inf]) == [0, 255, 0, 1, 254, 255]
// run: @to_i64([nan, 1.0e30, -1.0e30, 1.5, -0.5, 4294967296.0]) == [0, 9223372036854775807, -9223372036854775808, 1, 0, 4294967296]
// run: @to_i1([0.0, -0.0, nan, 0.5, -1.0, inf]) == [false, false, true, true, true, true]
func.func @to_i32(%arg0: tensor<6xf32>) -> tensor<6xi32> {
  %0 = stablehlo.convert %arg0 : (tensor<6xf32>) -> tensor<6xi32>
  return %0 : tensor<6xi32>
}
func.func @to_ui8(%arg0: tensor<6xf32>) -> tensor<6xui8> {
  %0 = stablehlo.convert %arg0 : (tensor<6xf32>) -> tensor<6xui8>
  return %0 : tensor<6xui8>
}
func.func @to_i64(%arg0: tensor<6xf32>) -> tensor<6xi64> {
  %0 = stablehlo.convert %arg0 : (tensor<6xf32>) -> tensor<6xi64>
  return %0 : tensor<6xi64>
}
func.func @to_i1(%arg0: tensor<6xf32>) -> tensor<6xi1> {
  %0 = stablehlo.convert %arg0 : (tensor<6xf32>) -> tensor<6xi1>
  return %0 : tensor<6xi1>
}
// -----
// Integers take the low bits of integers.
// run: @narrow([300, -129, 255]) == [44, 127, -1]
// run: @widen([255, 128]) == [255, 128]
// run: @complex([-1, 0, 1]) == [(-1.0, 0.0), (0.0, 0.0), (1.0, 0.0)]
// run: @real([(-1.0, 0.0), (0.0, 1.0), (1.0, 0.0)]) == [true, false, true]
func.func @narrow(%arg0: tensor<3xi32>) -> tensor<3xi8> {
  %0 = stablehlo.convert %arg0 : (tensor<3xi32>) -> tensor<3xi8>
  return %0 : tensor<3xi8>
}
func.func @widen(%arg0: tensor<2xui8>) -> tensor<2xi64> {
  %0 = stablehlo.convert %arg0 : (tensor<2xui8>) -> tensor<2xi64>
  return %0 : tensor<2xi64>
}
func.func @complex(%arg0: tensor<3xi64>) -> tensor<3xcomplex<f64>> {
  %0 = stablehlo.convert %arg0 : (tensor<3xi64>) -> tensor<3xcomplex<f64>>
  return %0 : tensor<3xcomplex<f64>>
}
func.func @real(%arg0: tensor<3xcomplex<f64>>) -> tensor<3xi1> {
  %0 = stablehlo.convert %arg0 : (tensor<3xcomplex<f64>>) -> tensor<3xi1>
  return %0 : tensor<3xi1>
}
// -----
// One rounding: by way of f64 the middle one would round twice, to 9007200328482816.
// run: @long_to_f32([16777217, 9007199791611905, -1]) == [16777216.0, 9007200328482816.0, -1.0]
// run: @to_bf16([1.00390625, 1.01171875, 3.4e38, 1.0e-40]) == [1.0, 1.015625, inf, 1.0010652e-40]
// run: @to_f16([65519.0, 65520.0, 5.9604645e-8, 2.0e-8]) == [65504.0, inf, 5.9604645e-8, 0.0]
// run: @to_f8e4m3fn([448.0, 464.0, 465.0, nan]) == [448.0, 448.0, nan, nan]
// run: @to_f8e4m3fnuz([-0.0, 240.0, 248.0, 0.1]) == [0.0, 240.0, nan, 0.1015625]
// run: @to_f4([0.25, 0.75, 5.0, 100.0]) == [0.0, 1.0, 4.0, 6.0]
func.func @long_to_f32(%arg0: tensor<3xi64>) -> tensor<3xf32> {
  %0 = stablehlo.convert %arg0 : (tensor<3xi64>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @to_bf16(%arg0: tensor<4xf32>) -> tensor<4xbf16> {
  %0 = stablehlo.convert %arg0 : (tensor<4xf32>) -> tensor<4xbf16>
  return %0 : tensor<4xbf16>
}
func.func @to_f16(%arg0: tensor<4xf32>) -> tensor<4xf16> {
  %0 = stablehlo.convert %arg0 : (tensor<4xf32>) -> tensor<4xf16>
  return %0 : tensor<4xf16>
}
func.func @to_f8e4m3fn(%arg0: tensor<4xf32>) -> tensor<4xf8E4M3FN> {
  %0 = stablehlo.convert %arg0 : (tensor<4xf32>) -> tensor<4xf8E4M3FN>
  return %0 : tensor<4xf8E4M3FN>
}
func.func @to_f8e4m3fnuz(%arg0: tensor<4xf32>) -> tensor<4xf8E4M3FNUZ> {
  %0 = stablehlo.convert %arg0 : (tensor<4xf32>) -> tensor<4xf8E4M3FNUZ>
  return %0 : tensor<4xf8E4M3FNUZ>
}
func.func @to_f4(%arg0: tensor<4xf32>) -> tensor<4xf4E2M1FN> {
  %0 = stablehlo.convert %arg0 : (tensor<4xf32>) -> tensor<4xf4E2M1FN>
  return %0 : tensor<4xf4E2M1FN>
}
// -----
// The lowest bits come first.
// run: @halves(0x0123456789ABCDEF) == [0xCDEF, 0x89AB, 0x4567, 0x0123]
// run: @nibbles([1, 2]) == 33
// run: @bits(5) == [true, false, true, false, false, false, false, false]
// run: @same(1.0) == 1065353216
func.func @halves(%arg0: tensor<f64>) -> tensor<4xf16> {
  %0 = stablehlo.bitcast_convert %arg0 : (tensor<f64>) -> tensor<4xf16>
  return %0 : tensor<4xf16>
}
func.func @nibbles(%arg0: tensor<2xi4>) -> tensor<i8> {
  %0 = stablehlo.bitcast_convert %arg0 : (tensor<2xi4>) -> tensor<i8>
  return %0 : tensor<i8>
}
func.func @bits(%arg0: tensor<ui8>) -> tensor<8xi1> {
  %0 = stablehlo.bitcast_convert %arg0 : (tensor<ui8>) -> tensor<8xi1>
  return %0 : tensor<8xi1>
}
func.func @same(%arg0: tensor<f32>) -> tensor<i32> {
  %0 = stablehlo.bitcast_convert %arg0 : (tensor<f32>) -> tensor<i32>
  return %0 : tensor<i32>
}
// -----
// run: @reduce_precision([inf, nan, 5.0e-324, 0.0, 65519.0, 65520.0]) == [inf, nan, 0.0, 0.0, 65504.0, inf]
// run: @to_bf16([1.00390625, 1.01171875]) == [1.0, 1.015625]
func.func @reduce_precision(%arg0: tensor<6xf64>) -> tensor<6xf64> {
  %0 = stablehlo.reduce_precision %arg0, format = e5m10 : tensor<6xf64>
  return %0 : tensor<6xf64>
}
func.func @to_bf16(%arg0: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.reduce_precision %arg0, format = e8m7 : tensor<2xf32>
  return %0 : tensor<2xf32>
}
// -----
// error: bitcast_convert/C1
func.func @widths_do_not_fit(%x: tensor<3xi8>) -> tensor<i32> {
  %0 = "stablehlo.bitcast_convert"(%x) : (tensor<3xi8>) -> tensor<i32>
  return %0 : tensor<i32>
}
// -----
// error: bitcast_convert/C2
func.func @real_to_complex(%x: tensor<i64>) -> tensor<complex<f32>> {
  %0 = "stablehlo.bitcast_convert"(%x) : (tensor<i64>) -> tensor<complex<f32>>
  return %0 : tensor<complex<f32>>
}

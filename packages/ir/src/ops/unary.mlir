// The least integer has no positive counterpart and stays.
// run: @abs([-2, 0, 2]) == [2, 0, 2]
// run: @abs_1([-128, -1]) == [-128, 1]
// run: @abs_2([-0.0, -1.5, -inf]) == [0.0, 1.5, inf]
// run: @abs_3([(3.0, -4.0), (0.0, -1.0)]) == [5.0, 1.0]
// run: @abs_4([(1e+200, 1e+200)]) ~= [1.414213562373095e+200]
func.func @abs(%arg0: tensor<3xi32>) -> tensor<3xi32> {
  %0 = stablehlo.abs %arg0 : tensor<3xi32>
  return %0 : tensor<3xi32>
}
func.func @abs_1(%arg0: tensor<2xi8>) -> tensor<2xi8> {
  %0 = stablehlo.abs %arg0 : tensor<2xi8>
  return %0 : tensor<2xi8>
}
func.func @abs_2(%arg0: tensor<3xf32>) -> tensor<3xf32> {
  %0 = stablehlo.abs %arg0 : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @abs_3(%arg0: tensor<2xcomplex<f32>>) -> tensor<2xf32> {
  %0 = stablehlo.abs %arg0 : (tensor<2xcomplex<f32>>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
func.func @abs_4(%arg0: tensor<1xcomplex<f64>>) -> tensor<1xf64> {
  %0 = stablehlo.abs %arg0 : (tensor<1xcomplex<f64>>) -> tensor<1xf64>
  return %0 : tensor<1xf64>
}
// -----
// run: @cbrt([0.0, 1.0, 8.0, 27.0, -27.0]) == [0.0, 1.0, 2.0, 3.0, -3.0]
// run: @cbrt_1([2.0, -0.0]) ~= [1.2599210739135742, -0.0]
func.func @cbrt(%arg0: tensor<5xf64>) -> tensor<5xf64> {
  %0 = stablehlo.cbrt %arg0 : tensor<5xf64>
  return %0 : tensor<5xf64>
}
func.func @cbrt_1(%arg0: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.cbrt %arg0 : tensor<2xf32>
  return %0 : tensor<2xf32>
}
// -----
// run: @ceil([-0.8166, -0.253, 0.253, 0.8166, 2.0]) == [-0.0, -0.0, 1.0, 1.0, 2.0]
func.func @ceil(%arg0: tensor<5xf32>) -> tensor<5xf32> {
  %0 = stablehlo.ceil %arg0 : tensor<5xf32>
  return %0 : tensor<5xf32>
}
// -----
// run: @cosine([0.0, 1.0, inf]) ~= [1.0, 0.5403022766113281, nan]
// run: @cosine_1([0.0, 3.141592653589793]) ~= [1.0, -1.0]
func.func @cosine(%arg0: tensor<3xf32>) -> tensor<3xf32> {
  %0 = stablehlo.cosine %arg0 : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @cosine_1(%arg0: tensor<2xf64>) -> tensor<2xf64> {
  %0 = stablehlo.cosine %arg0 : tensor<2xf64>
  return %0 : tensor<2xf64>
}
// -----
// run: @count_leading_zeros([[0, 1], [128, -1]]) == [[64, 63], [56, 0]]
// run: @count_leading_zeros_1([0, 1, 255]) == [8, 7, 0]
// run: @count_leading_zeros_2([0, 1, -1]) == [4, 3, 0]
func.func @count_leading_zeros(%arg0: tensor<2x2xi64>) -> tensor<2x2xi64> {
  %0 = stablehlo.count_leading_zeros %arg0 : tensor<2x2xi64>
  return %0 : tensor<2x2xi64>
}
func.func @count_leading_zeros_1(%arg0: tensor<3xui8>) -> tensor<3xui8> {
  %0 = stablehlo.count_leading_zeros %arg0 : tensor<3xui8>
  return %0 : tensor<3xui8>
}
func.func @count_leading_zeros_2(%arg0: tensor<3xi4>) -> tensor<3xi4> {
  %0 = stablehlo.count_leading_zeros %arg0 : tensor<3xi4>
  return %0 : tensor<3xi4>
}
// -----
// run: @exponential([0.0, 1.0, -inf, inf]) ~= [1.0, 2.718281828459045, 0.0, inf]
// run: @exponential_1([-1.0, 88.0]) ~= [0.3678794503211975, 1.6516362661361307e+38]
func.func @exponential(%arg0: tensor<4xf64>) -> tensor<4xf64> {
  %0 = stablehlo.exponential %arg0 : tensor<4xf64>
  return %0 : tensor<4xf64>
}
func.func @exponential_1(%arg0: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.exponential %arg0 : tensor<2xf32>
  return %0 : tensor<2xf32>
}
// -----
// run: @exponential_minus_one([0.0, 1.0, 1e-20]) ~= [0.0, 1.718281828459045, 1e-20]
// run: @exponential_minus_one_1([-0.0, -inf]) == [-0.0, -1.0]
func.func @exponential_minus_one(%arg0: tensor<3xf64>) -> tensor<3xf64> {
  %0 = stablehlo.exponential_minus_one %arg0 : tensor<3xf64>
  return %0 : tensor<3xf64>
}
func.func @exponential_minus_one_1(%arg0: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.exponential_minus_one %arg0 : tensor<2xf32>
  return %0 : tensor<2xf32>
}
// -----
// run: @floor([-0.8166, -0.253, 0.253, 0.8166, 2.0]) == [-1.0, -1.0, 0.0, 0.0, 2.0]
func.func @floor(%arg0: tensor<5xf32>) -> tensor<5xf32> {
  %0 = stablehlo.floor %arg0 : tensor<5xf32>
  return %0 : tensor<5xf32>
}
// -----
// run: @imag([(1.0, 2.0), (3.0, 4.0)]) == [2.0, 4.0]
// run: @imag_1([1.0, -2.0]) == [0.0, 0.0]
func.func @imag(%arg0: tensor<2xcomplex<f32>>) -> tensor<2xf32> {
  %0 = stablehlo.imag %arg0 : (tensor<2xcomplex<f32>>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
func.func @imag_1(%arg0: tensor<2xf64>) -> tensor<2xf64> {
  %0 = stablehlo.imag %arg0 : tensor<2xf64>
  return %0 : tensor<2xf64>
}
// -----
// run: @is_finite([-inf, inf, nan, -10.0, -0.0, 0.0, 10.0]) == [false, false, false, true, true, true, true]
// run: @is_finite_1([0x7C, 0x7B, 0xFC, 0x7D]) == [false, true, false, false]
func.func @is_finite(%arg0: tensor<7xf64>) -> tensor<7xi1> {
  %0 = stablehlo.is_finite %arg0 : (tensor<7xf64>) -> tensor<7xi1>
  return %0 : tensor<7xi1>
}
func.func @is_finite_1(%arg0: tensor<4xf8E5M2>) -> tensor<4xi1> {
  %0 = stablehlo.is_finite %arg0 : (tensor<4xf8E5M2>) -> tensor<4xi1>
  return %0 : tensor<4xi1>
}
// -----
// run: @log([1.0, 2.0, 0.0, -1.0]) ~= [0.0, 0.6931471805599453, -inf, nan]
// run: @log_1([(1.0, 2.0), (-1.0, 0.0)]) ~= [(0.8047189562170501, 1.1071487177940904), (0.0, 3.141592653589793)]
func.func @log(%arg0: tensor<4xf64>) -> tensor<4xf64> {
  %0 = stablehlo.log %arg0 : tensor<4xf64>
  return %0 : tensor<4xf64>
}
func.func @log_1(%arg0: tensor<2xcomplex<f64>>) -> tensor<2xcomplex<f64>> {
  %0 = stablehlo.log %arg0 : tensor<2xcomplex<f64>>
  return %0 : tensor<2xcomplex<f64>>
}
// -----
// run: @log_plus_one([0.0, -0.999, 7.0, 6.38905621, 15.0, 1e-20]) ~= [0.0, -6.907755278982136, 2.0794415416798357, 2.0000000150316017, 2.772588722239781, 1e-20]
func.func @log_plus_one(%arg0: tensor<6xf64>) -> tensor<6xf64> {
  %0 = stablehlo.log_plus_one %arg0 : tensor<6xf64>
  return %0 : tensor<6xf64>
}
// -----
// run: @logistic([[0.0, 1.0], [2.0, 3.0]]) ~= [[0.5, 0.7310585786300049], [0.8807970779778823, 0.9525741268224334]]
// run: @logistic_1([-1000.0, 1000.0]) == [0.0, 1.0]
func.func @logistic(%arg0: tensor<2x2xf64>) -> tensor<2x2xf64> {
  %0 = stablehlo.logistic %arg0 : tensor<2x2xf64>
  return %0 : tensor<2x2xf64>
}
func.func @logistic_1(%arg0: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.logistic %arg0 : tensor<2xf32>
  return %0 : tensor<2xf32>
}
// -----
// run: @negate([0, -2]) == [0, 2]
// run: @negate_1([-128]) == [-128]
// run: @negate_2([1, 0]) == [255, 0]
// run: @negate_3([0.0, -1.0, inf]) == [-0.0, 1.0, -inf]
// run: @negate_4([(2.5, 0.0)]) == [(-2.5, -0.0)]
func.func @negate(%arg0: tensor<2xi32>) -> tensor<2xi32> {
  %0 = stablehlo.negate %arg0 : tensor<2xi32>
  return %0 : tensor<2xi32>
}
func.func @negate_1(%arg0: tensor<1xi8>) -> tensor<1xi8> {
  %0 = stablehlo.negate %arg0 : tensor<1xi8>
  return %0 : tensor<1xi8>
}
func.func @negate_2(%arg0: tensor<2xui8>) -> tensor<2xui8> {
  %0 = stablehlo.negate %arg0 : tensor<2xui8>
  return %0 : tensor<2xui8>
}
func.func @negate_3(%arg0: tensor<3xf32>) -> tensor<3xf32> {
  %0 = stablehlo.negate %arg0 : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @negate_4(%arg0: tensor<1xcomplex<f32>>) -> tensor<1xcomplex<f32>> {
  %0 = stablehlo.negate %arg0 : tensor<1xcomplex<f32>>
  return %0 : tensor<1xcomplex<f32>>
}
// -----
// run: @not([[1, 2], [3, 4]]) == [[-2, -3], [-4, -5]]
// run: @not_1([true, false]) == [false, true]
// run: @not_2([0, 254]) == [255, 1]
// run: @not_3([0, 7]) == [-1, -8]
func.func @not(%arg0: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %0 = stablehlo.not %arg0 : tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}
func.func @not_1(%arg0: tensor<2xi1>) -> tensor<2xi1> {
  %0 = stablehlo.not %arg0 : tensor<2xi1>
  return %0 : tensor<2xi1>
}
func.func @not_2(%arg0: tensor<2xui8>) -> tensor<2xui8> {
  %0 = stablehlo.not %arg0 : tensor<2xui8>
  return %0 : tensor<2xui8>
}
func.func @not_3(%arg0: tensor<2xi4>) -> tensor<2xi4> {
  %0 = stablehlo.not %arg0 : tensor<2xi4>
  return %0 : tensor<2xi4>
}
// -----
// run: @popcnt([0, 1, 2, 127, -1]) == [0, 1, 1, 7, 64]
// run: @popcnt_1([-1, -128]) == [8, 1]
// run: @popcnt_2([15, 6]) == [4, 2]
func.func @popcnt(%arg0: tensor<5xi64>) -> tensor<5xi64> {
  %0 = stablehlo.popcnt %arg0 : tensor<5xi64>
  return %0 : tensor<5xi64>
}
func.func @popcnt_1(%arg0: tensor<2xi8>) -> tensor<2xi8> {
  %0 = stablehlo.popcnt %arg0 : tensor<2xi8>
  return %0 : tensor<2xi8>
}
func.func @popcnt_2(%arg0: tensor<2xui4>) -> tensor<2xui4> {
  %0 = stablehlo.popcnt %arg0 : tensor<2xui4>
  return %0 : tensor<2xui4>
}
// -----
// run: @real([(1.0, 2.0), (3.0, 4.0)]) == [1.0, 3.0]
func.func @real(%arg0: tensor<2xcomplex<f32>>) -> tensor<2xf32> {
  %0 = stablehlo.real %arg0 : (tensor<2xcomplex<f32>>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
// -----
// The largest float below one half rounds to zero.
// run: @round_nearest_afz([-2.5, 0.4, 0.5, 0.6, 2.5, -0.4]) == [-3.0, 0.0, 1.0, 1.0, 3.0, -0.0]
// run: @round_nearest_afz_1([0.49999997, 8388607.5]) == [0.0, 8388608.0]
// run: @round_nearest_afz_2([2.5, -0.5]) == [3.0, -1.0]
func.func @round_nearest_afz(%arg0: tensor<6xf64>) -> tensor<6xf64> {
  %0 = stablehlo.round_nearest_afz %arg0 : tensor<6xf64>
  return %0 : tensor<6xf64>
}
func.func @round_nearest_afz_1(%arg0: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.round_nearest_afz %arg0 : tensor<2xf32>
  return %0 : tensor<2xf32>
}
func.func @round_nearest_afz_2(%arg0: tensor<2xbf16>) -> tensor<2xbf16> {
  %0 = stablehlo.round_nearest_afz %arg0 : tensor<2xbf16>
  return %0 : tensor<2xbf16>
}
// -----
// run: @round_nearest_even([-2.5, 0.4, 0.5, 0.6, 2.5, -0.5]) == [-2.0, 0.0, 0.0, 1.0, 2.0, -0.0]
func.func @round_nearest_even(%arg0: tensor<6xf64>) -> tensor<6xf64> {
  %0 = stablehlo.round_nearest_even %arg0 : tensor<6xf64>
  return %0 : tensor<6xf64>
}
// -----
// run: @rsqrt([[1.0, 4.0], [9.0, 25.0]]) ~= [[1.0, 0.5], [0.3333333432674408, 0.20000000298023224]]
// run: @rsqrt_1([0.0, inf, -1.0]) == [inf, 0.0, nan]
func.func @rsqrt(%arg0: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %0 = stablehlo.rsqrt %arg0 : tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
func.func @rsqrt_1(%arg0: tensor<3xf64>) -> tensor<3xf64> {
  %0 = stablehlo.rsqrt %arg0 : tensor<3xf64>
  return %0 : tensor<3xf64>
}
// -----
// run: @sign([nan, -1.0, -0.0, 0.0, 1.0]) == [nan, -1.0, -0.0, 0.0, 1.0]
// run: @sign_1([-7, 0, 9]) == [-1, 0, 1]
// run: @sign_2([(nan, 0.0), (0.0, nan), (0.0, 0.0), (0.0, 1.0), (3.0, 4.0)]) ~= [(nan, nan), (nan, nan), (0.0, 0.0), (0.0, 1.0), (0.6, 0.8)]
func.func @sign(%arg0: tensor<5xf64>) -> tensor<5xf64> {
  %0 = stablehlo.sign %arg0 : tensor<5xf64>
  return %0 : tensor<5xf64>
}
func.func @sign_1(%arg0: tensor<3xi32>) -> tensor<3xi32> {
  %0 = stablehlo.sign %arg0 : tensor<3xi32>
  return %0 : tensor<3xi32>
}
func.func @sign_2(%arg0: tensor<5xcomplex<f64>>) -> tensor<5xcomplex<f64>> {
  %0 = stablehlo.sign %arg0 : tensor<5xcomplex<f64>>
  return %0 : tensor<5xcomplex<f64>>
}
// -----
// run: @sine([0.0, 0.5, -0.0, inf]) ~= [0.0, 0.479425538604203, -0.0, nan]
// run: @sine_1([100000.0]) ~= [0.03574879840016365]
func.func @sine(%arg0: tensor<4xf64>) -> tensor<4xf64> {
  %0 = stablehlo.sine %arg0 : tensor<4xf64>
  return %0 : tensor<4xf64>
}
func.func @sine_1(%arg0: tensor<1xf32>) -> tensor<1xf32> {
  %0 = stablehlo.sine %arg0 : tensor<1xf32>
  return %0 : tensor<1xf32>
}
// -----
// The branch cut lies along the negative reals; the sign of zero tells its side.
// run: @sqrt([[0.0, 1.0], [4.0, 9.0]]) == [[0.0, 1.0], [2.0, 3.0]]
// run: @sqrt_1([-0.0, -1.0]) == [-0.0, nan]
// run: @sqrt_2([(-4.0, 0.0), (-4.0, -0.0), (3.0, 4.0)]) == [(0.0, 2.0), (0.0, -2.0), (2.0, 1.0)]
func.func @sqrt(%arg0: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %0 = stablehlo.sqrt %arg0 : tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
func.func @sqrt_1(%arg0: tensor<2xf64>) -> tensor<2xf64> {
  %0 = stablehlo.sqrt %arg0 : tensor<2xf64>
  return %0 : tensor<2xf64>
}
func.func @sqrt_2(%arg0: tensor<3xcomplex<f64>>) -> tensor<3xcomplex<f64>> {
  %0 = stablehlo.sqrt %arg0 : tensor<3xcomplex<f64>>
  return %0 : tensor<3xcomplex<f64>>
}
// -----
// run: @tan([0.0, 1.5707963267948966]) ~= [0.0, 1.633123935319537e+16]
func.func @tan(%arg0: tensor<2xf64>) -> tensor<2xf64> {
  %0 = stablehlo.tan %arg0 : tensor<2xf64>
  return %0 : tensor<2xf64>
}
// -----
// run: @tanh([-1.0, 0.0, 1.0, 100.0]) ~= [-0.7615941762924194, 0.0, 0.7615941762924194, 1.0]
func.func @tanh(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.tanh %arg0 : tensor<4xf32>
  return %0 : tensor<4xf32>
}
// -----
// error: floor/operands
func.func @floor_of_integers(%x: tensor<2xi32>) -> tensor<2xi32> {
  %0 = stablehlo.floor %x : tensor<2xi32>
  return %0 : tensor<2xi32>
}

// Integers wrap; bf16 rounds ties to even after each operation.
// run: @add([[1, 2], [3, 4]], [[5, 6], [7, 8]]) == [[6, 8], [10, 12]]
// run: @add_1([127, -128], [1, -1]) == [-128, 127]
// run: @add_2([15], [1]) == [0]
// run: @add_3([7], [1]) == [-8]
// run: @add_4([9223372036854775807], [1]) == [-9223372036854775808]
// run: @add_5([true, true, false], [true, false, false]) == [true, true, false]
// run: @add_6([256.0, 1.0], [1.0, 0.00390625]) == [256.0, 1.0]
// run: @add_7([16777216.0], [1.0]) == [16777216.0]
func.func @add(%arg0: tensor<2x2xi32>, %arg1: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %0 = stablehlo.add %arg0, %arg1 : tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}
func.func @add_1(%arg0: tensor<2xi8>, %arg1: tensor<2xi8>) -> tensor<2xi8> {
  %0 = stablehlo.add %arg0, %arg1 : tensor<2xi8>
  return %0 : tensor<2xi8>
}
func.func @add_2(%arg0: tensor<1xui4>, %arg1: tensor<1xui4>) -> tensor<1xui4> {
  %0 = stablehlo.add %arg0, %arg1 : tensor<1xui4>
  return %0 : tensor<1xui4>
}
func.func @add_3(%arg0: tensor<1xi4>, %arg1: tensor<1xi4>) -> tensor<1xi4> {
  %0 = stablehlo.add %arg0, %arg1 : tensor<1xi4>
  return %0 : tensor<1xi4>
}
func.func @add_4(%arg0: tensor<1xi64>, %arg1: tensor<1xi64>) -> tensor<1xi64> {
  %0 = stablehlo.add %arg0, %arg1 : tensor<1xi64>
  return %0 : tensor<1xi64>
}
func.func @add_5(%arg0: tensor<3xi1>, %arg1: tensor<3xi1>) -> tensor<3xi1> {
  %0 = stablehlo.add %arg0, %arg1 : tensor<3xi1>
  return %0 : tensor<3xi1>
}
func.func @add_6(%arg0: tensor<2xbf16>, %arg1: tensor<2xbf16>) -> tensor<2xbf16> {
  %0 = stablehlo.add %arg0, %arg1 : tensor<2xbf16>
  return %0 : tensor<2xbf16>
}
func.func @add_7(%arg0: tensor<1xf32>, %arg1: tensor<1xf32>) -> tensor<1xf32> {
  %0 = stablehlo.add %arg0, %arg1 : tensor<1xf32>
  return %0 : tensor<1xf32>
}
// -----
// run: @and([[1, 2], [3, 4]], [[5, 6], [7, 8]]) == [[1, 2], [3, 0]]
// run: @and_1([true, true], [true, false]) == [true, false]
func.func @and(%arg0: tensor<2x2xi32>, %arg1: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %0 = stablehlo.and %arg0, %arg1 : tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}
func.func @and_1(%arg0: tensor<2xi1>, %arg1: tensor<2xi1>) -> tensor<2xi1> {
  %0 = stablehlo.and %arg0, %arg1 : tensor<2xi1>
  return %0 : tensor<2xi1>
}
// -----
// run: @atan2([0.0, 1.0, -1.0, -0.0], [0.0, 0.0, 0.0, -1.0]) ~= [0.0, 1.5707963267948966, -1.5707963267948966, -3.141592653589793]
func.func @atan2(%arg0: tensor<4xf64>, %arg1: tensor<4xf64>) -> tensor<4xf64> {
  %0 = stablehlo.atan2 %arg0, %arg1 : tensor<4xf64>
  return %0 : tensor<4xf64>
}
// -----
// run: @clamp([5, 10, 15], [3, 13, 23], [10, 15, 20]) == [5, 13, 20]
// run: @clamp_scalar(0.0, [nan, -1.0, 0.5, 2.0], 1.0) == [nan, 0.0, 0.5, 1.0]
func.func @clamp(%arg0: tensor<3xi32>, %arg1: tensor<3xi32>, %arg2: tensor<3xi32>) -> tensor<3xi32> {
  %0 = stablehlo.clamp %arg0, %arg1, %arg2 : tensor<3xi32>
  return %0 : tensor<3xi32>
}
func.func @clamp_scalar(%arg0: tensor<f32>, %arg1: tensor<4xf32>, %arg2: tensor<f32>) -> tensor<4xf32> {
  %0 = stablehlo.clamp %arg0, %arg1, %arg2 : (tensor<f32>, tensor<4xf32>, tensor<f32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
// -----
// run: @compare([1.0, 3.0], [1.1, 2.9]) == [true, false]
// run: @not_equal([nan, -0.0], [nan, 0.0]) == [true, false]
// run: @total_order([nan, -0.0, 0.0, -inf], [inf, 0.0, -0.0, 0xFFC00000]) == [false, true, false, false]
// run: @unsigned([255, 1], [1, 255]) == [true, false]
func.func @compare(%arg0: tensor<2xf32>, %arg1: tensor<2xf32>) -> tensor<2xi1> {
  %0 = stablehlo.compare LT, %arg0, %arg1, FLOAT : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
  return %0 : tensor<2xi1>
}
func.func @not_equal(%arg0: tensor<2xf32>, %arg1: tensor<2xf32>) -> tensor<2xi1> {
  %0 = stablehlo.compare NE, %arg0, %arg1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
  return %0 : tensor<2xi1>
}
func.func @total_order(%arg0: tensor<4xf32>, %arg1: tensor<4xf32>) -> tensor<4xi1> {
  %0 = stablehlo.compare LT, %arg0, %arg1, TOTALORDER : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  return %0 : tensor<4xi1>
}
func.func @unsigned(%arg0: tensor<2xui8>, %arg1: tensor<2xui8>) -> tensor<2xi1> {
  %0 = stablehlo.compare GT, %arg0, %arg1, UNSIGNED : (tensor<2xui8>, tensor<2xui8>) -> tensor<2xi1>
  return %0 : tensor<2xi1>
}
// -----
// run: @complex([1.0, 3.0], [2.0, 4.0]) == [(1.0, 2.0), (3.0, 4.0)]
func.func @complex(%arg0: tensor<2xf64>, %arg1: tensor<2xf64>) -> tensor<2xcomplex<f64>> {
  %0 = stablehlo.complex %arg0, %arg1 : tensor<2xcomplex<f64>>
  return %0 : tensor<2xcomplex<f64>>
}
// -----
// Division by zero gives all ones, as XLA has it.
// run: @divide([17.1, -17.1, 17.1, -17.1], [3.0, 3.0, -3.0, -3.0]) ~= [5.7000003, -5.7000003, -5.7000003, 5.7000003]
// run: @divide_1([17, -17, 17, -17], [3, 3, -3, -3]) == [5, -5, -5, 5]
// run: @divide_2([1, -2147483648, 0], [0, -1, 0]) == [-1, -2147483648, -1]
// run: @divide_3([7, 200], [0, 100]) == [255, 2]
// run: @divide_4([(1.5, 2.5), (7.5, 5.5)], [(2.5, 1.5), (5.5, 7.5)]) ~= [(0.8823529411764706, 0.4705882352941177), (0.953757225433526, -0.30057803468208094)]
func.func @divide(%arg0: tensor<4xf32>, %arg1: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.divide %arg0, %arg1 : tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func @divide_1(%arg0: tensor<4xi64>, %arg1: tensor<4xi64>) -> tensor<4xi64> {
  %0 = stablehlo.divide %arg0, %arg1 : tensor<4xi64>
  return %0 : tensor<4xi64>
}
func.func @divide_2(%arg0: tensor<3xi32>, %arg1: tensor<3xi32>) -> tensor<3xi32> {
  %0 = stablehlo.divide %arg0, %arg1 : tensor<3xi32>
  return %0 : tensor<3xi32>
}
func.func @divide_3(%arg0: tensor<2xui8>, %arg1: tensor<2xui8>) -> tensor<2xui8> {
  %0 = stablehlo.divide %arg0, %arg1 : tensor<2xui8>
  return %0 : tensor<2xui8>
}
func.func @divide_4(%arg0: tensor<2xcomplex<f64>>, %arg1: tensor<2xcomplex<f64>>) -> tensor<2xcomplex<f64>> {
  %0 = stablehlo.divide %arg0, %arg1 : tensor<2xcomplex<f64>>
  return %0 : tensor<2xcomplex<f64>>
}
// -----
// run: @maximum([[1, 2], [7, 8]], [[5, 6], [3, 4]]) == [[5, 6], [7, 8]]
// run: @maximum_1([nan, 1.0, -0.0], [1.0, nan, 0.0]) == [nan, nan, 0.0]
// run: @maximum_2([200], [100]) == [200]
// run: @maximum_3([true, false], [false, false]) == [true, false]
func.func @maximum(%arg0: tensor<2x2xi32>, %arg1: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %0 = stablehlo.maximum %arg0, %arg1 : tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}
func.func @maximum_1(%arg0: tensor<3xf32>, %arg1: tensor<3xf32>) -> tensor<3xf32> {
  %0 = stablehlo.maximum %arg0, %arg1 : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @maximum_2(%arg0: tensor<1xui8>, %arg1: tensor<1xui8>) -> tensor<1xui8> {
  %0 = stablehlo.maximum %arg0, %arg1 : tensor<1xui8>
  return %0 : tensor<1xui8>
}
func.func @maximum_3(%arg0: tensor<2xi1>, %arg1: tensor<2xi1>) -> tensor<2xi1> {
  %0 = stablehlo.maximum %arg0, %arg1 : tensor<2xi1>
  return %0 : tensor<2xi1>
}
// -----
// run: @minimum([[1, 2], [7, 8]], [[5, 6], [3, 4]]) == [[1, 2], [3, 4]]
// run: @minimum_1([nan, 1.0, -0.0], [1.0, nan, 0.0]) == [nan, nan, -0.0]
// run: @minimum_2([true, true], [false, true]) == [false, true]
func.func @minimum(%arg0: tensor<2x2xi32>, %arg1: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %0 = stablehlo.minimum %arg0, %arg1 : tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}
func.func @minimum_1(%arg0: tensor<3xf32>, %arg1: tensor<3xf32>) -> tensor<3xf32> {
  %0 = stablehlo.minimum %arg0, %arg1 : tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @minimum_2(%arg0: tensor<2xi1>, %arg1: tensor<2xi1>) -> tensor<2xi1> {
  %0 = stablehlo.minimum %arg0, %arg1 : tensor<2xi1>
  return %0 : tensor<2xi1>
}
// -----
// run: @multiply([[1, 2], [3, 4]], [[5, 6], [7, 8]]) == [[5, 12], [21, 32]]
// run: @multiply_1([4294967295], [4294967295]) == [1]
// run: @multiply_2([65537], [65537]) == [131073]
// run: @multiply_3([(1.0, 2.0)], [(3.0, 4.0)]) == [(-5.0, 10.0)]
func.func @multiply(%arg0: tensor<2x2xi32>, %arg1: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %0 = stablehlo.multiply %arg0, %arg1 : tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}
func.func @multiply_1(%arg0: tensor<1xui32>, %arg1: tensor<1xui32>) -> tensor<1xui32> {
  %0 = stablehlo.multiply %arg0, %arg1 : tensor<1xui32>
  return %0 : tensor<1xui32>
}
func.func @multiply_2(%arg0: tensor<1xi32>, %arg1: tensor<1xi32>) -> tensor<1xi32> {
  %0 = stablehlo.multiply %arg0, %arg1 : tensor<1xi32>
  return %0 : tensor<1xi32>
}
func.func @multiply_3(%arg0: tensor<1xcomplex<f32>>, %arg1: tensor<1xcomplex<f32>>) -> tensor<1xcomplex<f32>> {
  %0 = stablehlo.multiply %arg0, %arg1 : tensor<1xcomplex<f32>>
  return %0 : tensor<1xcomplex<f32>>
}
// -----
// run: @or([[1, 2], [3, 4]], [[5, 6], [7, 8]]) == [[5, 6], [7, 12]]
// run: @or_1([true, false], [false, false]) == [true, false]
func.func @or(%arg0: tensor<2x2xi32>, %arg1: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %0 = stablehlo.or %arg0, %arg1 : tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}
func.func @or_1(%arg0: tensor<2xi1>, %arg1: tensor<2xi1>) -> tensor<2xi1> {
  %0 = stablehlo.or %arg0, %arg1 : tensor<2xi1>
  return %0 : tensor<2xi1>
}
// -----
// run: @power([-2.0, -0.0, -36.0, 5.0, 3.0, 10000.0], [2.0, 2.0, 1.1, 2.0, -1.0, 10.0]) ~= [4.0, 0.0, nan, 25.0, 0.3333333333333333, 1e+40]
// run: @power_1([1.0, -1.0], [nan, inf]) == [1.0, 1.0]
// run: @power_2([-1, -1, -3, 1, -3, 0], [1, 0, -3, -3, 3, 2]) == [-1, 1, 0, 1, -27, 0]
// run: @power_3([2, -1], [9, -3]) == [0, -1]
func.func @power(%arg0: tensor<6xf64>, %arg1: tensor<6xf64>) -> tensor<6xf64> {
  %0 = stablehlo.power %arg0, %arg1 : tensor<6xf64>
  return %0 : tensor<6xf64>
}
func.func @power_1(%arg0: tensor<2xf64>, %arg1: tensor<2xf64>) -> tensor<2xf64> {
  %0 = stablehlo.power %arg0, %arg1 : tensor<2xf64>
  return %0 : tensor<2xf64>
}
func.func @power_2(%arg0: tensor<6xi64>, %arg1: tensor<6xi64>) -> tensor<6xi64> {
  %0 = stablehlo.power %arg0, %arg1 : tensor<6xi64>
  return %0 : tensor<6xi64>
}
func.func @power_3(%arg0: tensor<2xi8>, %arg1: tensor<2xi8>) -> tensor<2xi8> {
  %0 = stablehlo.power %arg0, %arg1 : tensor<2xi8>
  return %0 : tensor<2xi8>
}
// -----
// The remainder of a division by zero is the dividend, as XLA has it.
// run: @remainder([17, -17, 17, -17], [3, 3, -3, -3]) == [2, -2, 2, -2]
// run: @remainder_1([17.1, -17.1, 17.1, -17.1], [3.0, 3.0, -3.0, -3.0]) == [2.1000000000000014, -2.1000000000000014, 2.1000000000000014, -2.1000000000000014]
// run: @remainder_2([5, -2147483648], [0, -1]) == [5, 0]
func.func @remainder(%arg0: tensor<4xi64>, %arg1: tensor<4xi64>) -> tensor<4xi64> {
  %0 = stablehlo.remainder %arg0, %arg1 : tensor<4xi64>
  return %0 : tensor<4xi64>
}
func.func @remainder_1(%arg0: tensor<4xf64>, %arg1: tensor<4xf64>) -> tensor<4xf64> {
  %0 = stablehlo.remainder %arg0, %arg1 : tensor<4xf64>
  return %0 : tensor<4xf64>
}
func.func @remainder_2(%arg0: tensor<2xi32>, %arg1: tensor<2xi32>) -> tensor<2xi32> {
  %0 = stablehlo.remainder %arg0, %arg1 : tensor<2xi32>
  return %0 : tensor<2xi32>
}
// -----
// run: @select([[false, true], [true, false]], [[1, 2], [3, 4]], [[5, 6], [7, 8]]) == [[5, 2], [3, 8]]
// run: @select_scalar(true, [(1.0, 2.0), (3.0, 4.0)], [(5.0, 6.0), (7.0, 8.0)]) == [(1.0, 2.0), (3.0, 4.0)]
func.func @select(%arg0: tensor<2x2xi1>, %arg1: tensor<2x2xi32>, %arg2: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<2x2xi1>, tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}
func.func @select_scalar(%arg0: tensor<i1>, %arg1: tensor<2xcomplex<f64>>, %arg2: tensor<2xcomplex<f64>>) -> tensor<2xcomplex<f64>> {
  %0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<i1>, tensor<2xcomplex<f64>>
  return %0 : tensor<2xcomplex<f64>>
}
// -----
// Shifting by the width or more moves every bit out.
// run: @shift_left([-1, 0, 1], [1, 2, 3]) == [-2, 0, 8]
// run: @shift_left_1([1, 1, 3], [7, 8, -1]) == [-128, 0, 0]
func.func @shift_left(%arg0: tensor<3xi64>, %arg1: tensor<3xi64>) -> tensor<3xi64> {
  %0 = stablehlo.shift_left %arg0, %arg1 : tensor<3xi64>
  return %0 : tensor<3xi64>
}
func.func @shift_left_1(%arg0: tensor<3xi8>, %arg1: tensor<3xi8>) -> tensor<3xi8> {
  %0 = stablehlo.shift_left %arg0, %arg1 : tensor<3xi8>
  return %0 : tensor<3xi8>
}
// -----
// run: @shift_right_arithmetic([-1, 0, 8], [1, 2, 3]) == [-1, 0, 1]
// run: @shift_right_arithmetic_1([-128, 64], [9, 8]) == [-1, 0]
func.func @shift_right_arithmetic(%arg0: tensor<3xi64>, %arg1: tensor<3xi64>) -> tensor<3xi64> {
  %0 = stablehlo.shift_right_arithmetic %arg0, %arg1 : tensor<3xi64>
  return %0 : tensor<3xi64>
}
func.func @shift_right_arithmetic_1(%arg0: tensor<2xi8>, %arg1: tensor<2xi8>) -> tensor<2xi8> {
  %0 = stablehlo.shift_right_arithmetic %arg0, %arg1 : tensor<2xi8>
  return %0 : tensor<2xi8>
}
// -----
// run: @shift_right_logical([-1, 0, 8], [1, 2, 3]) == [9223372036854775807, 0, 1]
// run: @shift_right_logical_1([-1, -1], [4, 8]) == [15, 0]
func.func @shift_right_logical(%arg0: tensor<3xi64>, %arg1: tensor<3xi64>) -> tensor<3xi64> {
  %0 = stablehlo.shift_right_logical %arg0, %arg1 : tensor<3xi64>
  return %0 : tensor<3xi64>
}
func.func @shift_right_logical_1(%arg0: tensor<2xi8>, %arg1: tensor<2xi8>) -> tensor<2xi8> {
  %0 = stablehlo.shift_right_logical %arg0, %arg1 : tensor<2xi8>
  return %0 : tensor<2xi8>
}
// -----
// run: @subtract([[6, 8], [10, 12]], [[5, 6], [7, 8]]) == [[1, 2], [3, 4]]
// run: @subtract_1([0], [1]) == [255]
func.func @subtract(%arg0: tensor<2x2xi32>, %arg1: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %0 = stablehlo.subtract %arg0, %arg1 : tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}
func.func @subtract_1(%arg0: tensor<1xui8>, %arg1: tensor<1xui8>) -> tensor<1xui8> {
  %0 = stablehlo.subtract %arg0, %arg1 : tensor<1xui8>
  return %0 : tensor<1xui8>
}
// -----
// run: @xor([[1, 2], [3, 4]], [[5, 6], [7, 8]]) == [[4, 4], [4, 12]]
// run: @xor_1([true, true], [true, false]) == [false, true]
func.func @xor(%arg0: tensor<2x2xi32>, %arg1: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %0 = stablehlo.xor %arg0, %arg1 : tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}
func.func @xor_1(%arg0: tensor<2xi1>, %arg1: tensor<2xi1>) -> tensor<2xi1> {
  %0 = stablehlo.xor %arg0, %arg1 : tensor<2xi1>
  return %0 : tensor<2xi1>
}
// -----
// error: add/C1
func.func @shapes_differ(%x: tensor<2xf32>, %y: tensor<3xf32>) -> tensor<2xf32> {
  %0 = "stablehlo.add"(%x, %y) : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
// -----
// error: clamp/C1
func.func @limits_of_another_shape(%min: tensor<2xf32>, %x: tensor<3xf32>, %max: tensor<3xf32>) -> tensor<3xf32> {
  %0 = "stablehlo.clamp"(%min, %x, %max) : (tensor<2xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
// -----
// error: select/C2
func.func @branches_differ(%p: tensor<i1>, %x: tensor<2xf32>, %y: tensor<2xf64>) -> tensor<2xf32> {
  %0 = "stablehlo.select"(%p, %x, %y) : (tensor<i1>, tensor<2xf32>, tensor<2xf64>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

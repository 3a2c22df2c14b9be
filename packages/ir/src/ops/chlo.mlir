// run: @erf([-2.5, -0.75, 0.125, 0.5, 1.25, 3]) ~= [-0.99959304798255504, -0.71115563365351513, 0.14031620480133382, 0.52049987781304654, 0.92290012825645823, 0.99997790950300141]
// run: @erf([0, -0, inf, -inf, nan, 30]) == [0, -0, 1, -1, nan, 1]
func.func @erf(%arg0: tensor<6xf64>) -> tensor<6xf64> {
  %0 = chlo.erf %arg0 : tensor<6xf64> -> tensor<6xf64>
  return %0 : tensor<6xf64>
}
// -----
// run: @erfc([-2.5, -0.75, 0.125, 0.5, 1.25, 3]) ~= [1.999593047982555, 1.7111556336535151, 0.85968379519866618, 0.47950012218695346, 0.07709987174354177, 2.2090496998585441e-5]
func.func @erfc(%arg0: tensor<6xf64>) -> tensor<6xf64> {
  %0 = chlo.erfc %arg0 : tensor<6xf64> -> tensor<6xf64>
  return %0 : tensor<6xf64>
}
// -----
// run: @erf_inv([-0.9375, -0.25, 0.125, 0.5, 0.984375]) ~= [-1.3171503349861307, -0.2253120550121781, 0.11123545184094996, 0.47693627620446987, 1.7094723742995115]
// run: @erf_inv([1, -1, 0, 2, nan]) == [inf, -inf, 0, nan, nan]
func.func @erf_inv(%arg0: tensor<5xf64>) -> tensor<5xf64> {
  %0 = chlo.erf_inv %arg0 : tensor<5xf64> -> tensor<5xf64>
  return %0 : tensor<5xf64>
}
// -----
// run: @lgamma([-2.5, -0.75, 0.125, 1.25, 2.5, 30]) ~= [-0.056243716497674051, 1.5757045971498584, 2.0194183575537963, -0.098271836421813161, 0.28468287047291916, 71.257038967168009]
// run: @lgamma([0, -1, 1, 2, inf, -inf]) == [inf, inf, 0, 0, inf, inf]
func.func @lgamma(%arg0: tensor<6xf32>) -> tensor<6xf32> {
  %0 = chlo.lgamma %arg0 : tensor<6xf32> -> tensor<6xf32>
  return %0 : tensor<6xf32>
}
// -----
// run: @digamma([-2.5, -0.75, 0.125, 1.25, 2.5, 30]) ~= [1.1031566406452432, -2.8941202000429321, -8.3884926632958549, -0.22745353337626541, 0.70315664064524319, 3.3844381326855249]
// The poles are NaN.
// run: @digamma([0, -1, -2, inf, nan, -3]) == [nan, nan, nan, inf, nan, nan]
func.func @digamma(%arg0: tensor<6xf32>) -> tensor<6xf32> {
  %0 = chlo.digamma %arg0 : tensor<6xf32> -> tensor<6xf32>
  return %0 : tensor<6xf32>
}
// -----
// run: @bessel_i1e([-2.5, 0.125, 1.25, 40]) ~= [-0.20658464953126655, 0.055263853241603239, 0.21639174933399203, 0.062482229074442061]
func.func @bessel_i1e(%arg0: tensor<4xf64>) -> tensor<4xf64> {
  %0 = chlo.bessel_i1e %arg0 : tensor<4xf64> -> tensor<4xf64>
  return %0 : tensor<4xf64>
}
// -----
// run: @acos([-0.5, 0.25, 0.75]) ~= [2.0943951023931955, 1.318116071652818, 0.72273424781341561]
// run: @complex_acos((1.5, -0.5)) ~= (0.399639067, 1.06931104)
func.func @acos(%arg0: tensor<3xf64>) -> tensor<3xf64> {
  %0 = chlo.acos %arg0 : tensor<3xf64> -> tensor<3xf64>
  return %0 : tensor<3xf64>
}
func.func @complex_acos(%arg0: tensor<complex<f32>>) -> tensor<complex<f32>> {
  %0 = chlo.acos %arg0 : tensor<complex<f32>> -> tensor<complex<f32>>
  return %0 : tensor<complex<f32>>
}
// -----
// run: @asin([-0.5, 0.25, 0.75]) ~= [-0.52359877559829887, 0.25268025514207865, 0.84806207898148101]
// run: @complex_asin((1.5, -0.5)) ~= (1.17115726, -1.06931104)
func.func @asin(%arg0: tensor<3xf64>) -> tensor<3xf64> {
  %0 = chlo.asin %arg0 : tensor<3xf64> -> tensor<3xf64>
  return %0 : tensor<3xf64>
}
func.func @complex_asin(%arg0: tensor<complex<f32>>) -> tensor<complex<f32>> {
  %0 = chlo.asin %arg0 : tensor<complex<f32>> -> tensor<complex<f32>>
  return %0 : tensor<complex<f32>>
}
// -----
// run: @asinh([-0.5, 0.25, 0.75]) ~= [-0.48121182505960345, 0.24746646154726345, 0.69314718055994531]
// run: @complex_asinh((1.5, -0.5)) ~= (1.22645687, -0.27348729)
func.func @asinh(%arg0: tensor<3xf64>) -> tensor<3xf64> {
  %0 = chlo.asinh %arg0 : tensor<3xf64> -> tensor<3xf64>
  return %0 : tensor<3xf64>
}
func.func @complex_asinh(%arg0: tensor<complex<f32>>) -> tensor<complex<f32>> {
  %0 = chlo.asinh %arg0 : tensor<complex<f32>> -> tensor<complex<f32>>
  return %0 : tensor<complex<f32>>
}
// -----
// run: @atan([-0.5, 0.25, 0.75]) ~= [-0.46364760900080612, 0.24497866312686415, 0.64350110879328439]
// run: @complex_atan((1.5, -0.5)) ~= (1.01722197, -0.146946666)
func.func @atan(%arg0: tensor<3xf64>) -> tensor<3xf64> {
  %0 = chlo.atan %arg0 : tensor<3xf64> -> tensor<3xf64>
  return %0 : tensor<3xf64>
}
func.func @complex_atan(%arg0: tensor<complex<f32>>) -> tensor<complex<f32>> {
  %0 = chlo.atan %arg0 : tensor<complex<f32>> -> tensor<complex<f32>>
  return %0 : tensor<complex<f32>>
}
// -----
// run: @atanh([-0.5, 0.25, 0.75]) ~= [-0.54930614433405485, 0.25541281188299534, 0.97295507452765665]
// run: @complex_atanh((1.5, -0.5)) ~= (0.641237339, -1.27679503)
func.func @atanh(%arg0: tensor<3xf64>) -> tensor<3xf64> {
  %0 = chlo.atanh %arg0 : tensor<3xf64> -> tensor<3xf64>
  return %0 : tensor<3xf64>
}
func.func @complex_atanh(%arg0: tensor<complex<f32>>) -> tensor<complex<f32>> {
  %0 = chlo.atanh %arg0 : tensor<complex<f32>> -> tensor<complex<f32>>
  return %0 : tensor<complex<f32>>
}
// -----
// run: @cosh([-0.5, 0.25, 0.75]) ~= [1.1276259652063808, 1.0314130998795732, 1.2946832846768447]
// run: @complex_cosh((1.5, -0.5)) ~= (2.06443366, -1.02083095)
func.func @cosh(%arg0: tensor<3xf64>) -> tensor<3xf64> {
  %0 = chlo.cosh %arg0 : tensor<3xf64> -> tensor<3xf64>
  return %0 : tensor<3xf64>
}
func.func @complex_cosh(%arg0: tensor<complex<f32>>) -> tensor<complex<f32>> {
  %0 = chlo.cosh %arg0 : tensor<complex<f32>> -> tensor<complex<f32>>
  return %0 : tensor<complex<f32>>
}
// -----
// run: @sinh([-0.5, 0.25, 0.75]) ~= [-0.52109530549374736, 0.25261231680816831, 0.82231673193582998]
// run: @complex_sinh((1.5, -0.5)) ~= (1.86861852, -1.12780525)
func.func @sinh(%arg0: tensor<3xf64>) -> tensor<3xf64> {
  %0 = chlo.sinh %arg0 : tensor<3xf64> -> tensor<3xf64>
  return %0 : tensor<3xf64>
}
func.func @complex_sinh(%arg0: tensor<complex<f32>>) -> tensor<complex<f32>> {
  %0 = chlo.sinh %arg0 : tensor<complex<f32>> -> tensor<complex<f32>>
  return %0 : tensor<complex<f32>>
}
// -----
// run: @tan([-0.5, 0.25, 0.75]) ~= [-0.54630248984379051, 0.25534192122103627, 0.93159645994407246]
// run: @complex_tan((1.5, -0.5)) ~= (0.255149222, -2.12479913)
func.func @tan(%arg0: tensor<3xf64>) -> tensor<3xf64> {
  %0 = chlo.tan %arg0 : tensor<3xf64> -> tensor<3xf64>
  return %0 : tensor<3xf64>
}
func.func @complex_tan(%arg0: tensor<complex<f32>>) -> tensor<complex<f32>> {
  %0 = chlo.tan %arg0 : tensor<complex<f32>> -> tensor<complex<f32>>
  return %0 : tensor<complex<f32>>
}
// -----
// run: @acosh([1, 1.5, 4]) ~= [0.0, 0.96242365011920689, 2.0634370688955605]
// run: @complex_acosh((1.5, -0.5)) ~= (1.06931104, -0.399639067)
func.func @acosh(%arg0: tensor<3xf64>) -> tensor<3xf64> {
  %0 = chlo.acosh %arg0 : tensor<3xf64> -> tensor<3xf64>
  return %0 : tensor<3xf64>
}
func.func @complex_acosh(%arg0: tensor<complex<f32>>) -> tensor<complex<f32>> {
  %0 = chlo.acosh %arg0 : tensor<complex<f32>> -> tensor<complex<f32>>
  return %0 : tensor<complex<f32>>
}
// -----
// run: @square([-1.5, 0.5]) ~= [2.25, 0.25]
func.func @square(%arg0: tensor<2xf64>) -> tensor<2xf64> {
  %0 = chlo.square %arg0 : tensor<2xf64> -> tensor<2xf64>
  return %0 : tensor<2xf64>
}
// -----
// run: @polygamma([0, 1, 2, 3, 2], [2.5, 0.125, 1.25, 0.5, 30]) ~= [0.70315664064524319, 65.388133444988034, -1.3277399375369203, 97.409091034002437, -0.0011487652037285998]
func.func @polygamma(%arg0: tensor<5xf64>, %arg1: tensor<5xf64>) -> tensor<5xf64> {
  %0 = chlo.polygamma %arg0, %arg1 : tensor<5xf64>, tensor<5xf64> -> tensor<5xf64>
  return %0 : tensor<5xf64>
}
// -----
// run: @zeta([1.5, 2, 3.25, 4], [0.125, 1, 1.25, 30]) ~= [25.017309350510151, 1.6449340668482264, 0.59983767736277266, 1.2976672774560215e-5]
func.func @zeta(%arg0: tensor<4xf64>, %arg1: tensor<4xf64>) -> tensor<4xf64> {
  %0 = chlo.zeta %arg0, %arg1 : tensor<4xf64>, tensor<4xf64> -> tensor<4xf64>
  return %0 : tensor<4xf64>
}
// -----
// run: @next_after([1, 1, 0, -0, 65504], [2, 0, 1, -1, inf]) == [0x3C01, 0x3BFF, 0x0001, 0x8001, inf]
func.func @next_after(%arg0: tensor<5xf16>, %arg1: tensor<5xf16>) -> tensor<5xf16> {
  %0 = chlo.next_after %arg0, %arg1 : tensor<5xf16>, tensor<5xf16> -> tensor<5xf16>
  return %0 : tensor<5xf16>
}
// -----
// run: @mulhi([9223372036854775807, -1, -9223372036854775808], [2, 1, 2]) == [0, -1, -1]
// run: @unsigned([4294967295, 65536], [4294967295, 65536]) == [4294967294, 1]
func.func @mulhi(%arg0: tensor<3xi64>, %arg1: tensor<3xi64>) -> tensor<3xi64> {
  %0 = chlo.mulhi %arg0, %arg1 : tensor<3xi64>, tensor<3xi64> -> tensor<3xi64>
  return %0 : tensor<3xi64>
}
func.func @unsigned(%arg0: tensor<2xui32>, %arg1: tensor<2xui32>) -> tensor<2xui32> {
  %0 = chlo.mulhi %arg0, %arg1 : tensor<2xui32>, tensor<2xui32> -> tensor<2xui32>
  return %0 : tensor<2xui32>
}
// -----
// run: @is_inf([1, inf, -inf, nan]) == [false, true, true, false]
// run: @is_pos_inf([1, inf, -inf, nan]) == [false, true, false, false]
// run: @is_neg_inf([1, inf, -inf, nan]) == [false, false, true, false]
func.func @is_inf(%arg0: tensor<4xf32>) -> tensor<4xi1> {
  %0 = chlo.is_inf %arg0 : tensor<4xf32> -> tensor<4xi1>
  return %0 : tensor<4xi1>
}
func.func @is_pos_inf(%arg0: tensor<4xf32>) -> tensor<4xi1> {
  %0 = chlo.is_pos_inf %arg0 : tensor<4xf32> -> tensor<4xi1>
  return %0 : tensor<4xi1>
}
func.func @is_neg_inf(%arg0: tensor<4xf32>) -> tensor<4xi1> {
  %0 = chlo.is_neg_inf %arg0 : tensor<4xf32> -> tensor<4xi1>
  return %0 : tensor<4xi1>
}
// -----
// run: @conj([(1, 2), (3, -4)]) == [(1, -2), (3, 4)]
func.func @conj(%arg0: tensor<2xcomplex<f32>>) -> tensor<2xcomplex<f32>> {
  %0 = chlo.conj %arg0 : tensor<2xcomplex<f32>> -> tensor<2xcomplex<f32>>
  return %0 : tensor<2xcomplex<f32>>
}
// -----
// NaN is larger than any number; of equal elements the earlier one comes first.
// run: @top_k([[1, 3, 3, 2], [nan, inf, -0, 0]]) == [[3, 3, 2], [nan, inf, 0]], [[1, 2, 3], [0, 1, 3]]
func.func @top_k(%arg0: tensor<2x4xf32>) -> (tensor<2x3xf32>, tensor<2x3xi32>) {
  %values, %indices = chlo.top_k(%arg0, k = 3) : tensor<2x4xf32> -> (tensor<2x3xf32>, tensor<2x3xi32>)
  return %values, %indices : tensor<2x3xf32>, tensor<2x3xi32>
}
// -----
// error: top_k/K2
func.func @f(%x: tensor<2xf32>) -> (tensor<3xf32>, tensor<3xi32>) {
  %values, %indices = chlo.top_k(%x, k = 3) : tensor<2xf32> -> (tensor<3xf32>, tensor<3xi32>)
  return %values, %indices : tensor<3xf32>, tensor<3xi32>
}
// -----
// run: @broadcast_add([[1], [2]], [10, 20]) == [[11, 21], [12, 22]]
func.func @broadcast_add(%arg0: tensor<2x1xf32>, %arg1: tensor<2xf32>) -> tensor<2x2xf32> {
  %0 = chlo.broadcast_add %arg0, %arg1 : (tensor<2x1xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
// -----
// run: @broadcast_compare([[1], [2]], [2, 1]) == [[true, false], [false, false]]
func.func @broadcast_compare(%arg0: tensor<2x1xf32>, %arg1: tensor<2xf32>) -> tensor<2x2xi1> {
  %0 = chlo.broadcast_compare %arg0, %arg1 {comparison_direction = #chlo<comparison_direction LT>} : (tensor<2x1xf32>, tensor<2xf32>) -> tensor<2x2xi1>
  return %0 : tensor<2x2xi1>
}
// -----
// run: @scan([[1, 2, 3], [4, 5, 6]], [0, 0]) == [[1, 3, 6], [4, 9, 15]], [6, 15]
func.func @scan(%arg0: tensor<2x3xi32>, %arg1: tensor<2xi32>) -> (tensor<2x3xi32>, tensor<2xi32>) {
  %0:2 = chlo.scan(%arg0) inits (%arg1) dimension=1  {
  ^bb0(%input: tensor<2xi32>, %carry: tensor<2xi32>):
    %1 = stablehlo.add %input, %carry : tensor<2xi32>
    stablehlo.return %1, %1 : tensor<2xi32>, tensor<2xi32>
  } : (tensor<2x3xi32>, tensor<2xi32>) -> (tensor<2x3xi32>, tensor<2xi32>)
  return %0#0, %0#1 : tensor<2x3xi32>, tensor<2xi32>
}
// -----
// Rows 0 and 1 meet the first matrix, row 2 the second, and row 3 is in no group.
// run: @ragged_dot([[1], [2], [3], [4]], [[[10, 1]], [[100, 1]]], [2, 1]) == [[10, 1], [20, 2], [300, 3], [0, 0]]
// The groups of what is summed give a matrix each.
// run: @contracted([[1, 2, 3]], [[1, 10], [2, 20], [3, 30]], [2, 1]) == [[[5, 50]], [[9, 90]]]
func.func @ragged_dot(%arg0: tensor<4x1xf32>, %arg1: tensor<2x1x2xf32>, %arg2: tensor<2xi32>) -> tensor<4x2xf32> {
  %0 = "chlo.ragged_dot"(%arg0, %arg1, %arg2) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>}> : (tensor<4x1xf32>, tensor<2x1x2xf32>, tensor<2xi32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}
func.func @contracted(%arg0: tensor<1x3xf32>, %arg1: tensor<3x2xf32>, %arg2: tensor<2xi32>) -> tensor<2x1x2xf32> {
  %0 = "chlo.ragged_dot"(%arg0, %arg1, %arg2) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0], lhs_ragged_dimensions = [1]>}> : (tensor<1x3xf32>, tensor<3x2xf32>, tensor<2xi32>) -> tensor<2x1x2xf32>
  return %0 : tensor<2x1x2xf32>
}
// -----
// run: @constant_like([1, 2, 3]) == [-2.5, -2.5, -2.5]
func.func @constant_like(%x: tensor<3xi64>) -> tensor<3xf32> {
  %0 = "chlo.constant_like"(%x) <{value = -2.500000e+00 : f32}> : (tensor<3xi64>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

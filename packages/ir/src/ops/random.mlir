// The bits of XLA for the same states (jaxlib 0.10.2): a block makes two words, or four, along the first even dimension.
// run: @threefry32([5, 9]) == [5, 18], [[3804237681, 1604586794, 3127050898, 557083298, 25868247], [1140191436, 929334342, 2649284203, 626461462, 1044413347], [3249444460, 2778716593, 3693983110, 2452546571, 2478409765]]
// run: @threefry64([5, 9]) == [5, 14], [6891647807627726705, 2392654549184873106, 17051941534415108055, 3991460607079870668, 2690631494143630955]
// run: @threefry8([5, 9]) == [5, 13], [113, 42, 146, 162, 215, 123, 204]
// run: @philox32([5, 9, 13]) == [5, 11, 13], [236856715, 3261189234, 3509601045, 3804500363, 3163810968]
// run: @philox64([5, 9]) == [5, 12], [9389449939840073456, 7965050268458436390, 17082210336158971365, 9754217624271871940, 2664744578259434195]
// run: @default16([5, 9]) == [5, 11], [65264, 1785, 18214, 35588, 62949, 13259, 24516]
func.func @threefry32(%arg0: tensor<2xui64>) -> (tensor<2xui64>, tensor<3x5xui32>) {
  %output_state, %output = stablehlo.rng_bit_generator %arg0, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<3x5xui32>)
  return %output_state, %output : tensor<2xui64>, tensor<3x5xui32>
}
func.func @threefry64(%arg0: tensor<2xui64>) -> (tensor<2xui64>, tensor<5xui64>) {
  %output_state, %output = stablehlo.rng_bit_generator %arg0, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<5xui64>)
  return %output_state, %output : tensor<2xui64>, tensor<5xui64>
}
func.func @threefry8(%arg0: tensor<2xui64>) -> (tensor<2xui64>, tensor<7xui8>) {
  %output_state, %output = stablehlo.rng_bit_generator %arg0, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<7xui8>)
  return %output_state, %output : tensor<2xui64>, tensor<7xui8>
}
func.func @philox32(%arg0: tensor<3xui64>) -> (tensor<3xui64>, tensor<5xui32>) {
  %output_state, %output = stablehlo.rng_bit_generator %arg0, algorithm = PHILOX : (tensor<3xui64>) -> (tensor<3xui64>, tensor<5xui32>)
  return %output_state, %output : tensor<3xui64>, tensor<5xui32>
}
func.func @philox64(%arg0: tensor<2xui64>) -> (tensor<2xui64>, tensor<5xui64>) {
  %output_state, %output = stablehlo.rng_bit_generator %arg0, algorithm = PHILOX : (tensor<2xui64>) -> (tensor<2xui64>, tensor<5xui64>)
  return %output_state, %output : tensor<2xui64>, tensor<5xui64>
}
func.func @default16(%arg0: tensor<2xui64>) -> (tensor<2xui64>, tensor<7xui16>) {
  %output_state, %output = stablehlo.rng_bit_generator %arg0, algorithm = DEFAULT : (tensor<2xui64>) -> (tensor<2xui64>, tensor<7xui16>)
  return %output_state, %output : tensor<2xui64>, tensor<7xui16>
}
// -----
// error: rng_bit_generator/C2
func.func @f(%s: tensor<3xui64>) -> (tensor<3xui64>, tensor<5xui32>) {
  %output_state, %output = stablehlo.rng_bit_generator %s, algorithm = THREE_FRY : (tensor<3xui64>) -> (tensor<3xui64>, tensor<5xui32>)
  return %output_state, %output : tensor<3xui64>, tensor<5xui32>
}
// -----
// What is drawn is left open; it is what it must be when there is one number to draw.
// run: @uniform(3, 3) == [3, 3, 3]
// run: @normal(2, 0) == [2, 2, 2]
func.func @uniform(%arg0: tensor<f32>, %arg1: tensor<f32>) -> tensor<3xf32> {
  %c = stablehlo.constant dense<3> : tensor<1xi64>
  %0 = stablehlo.rng %arg0, %arg1, %c, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
func.func @normal(%arg0: tensor<f32>, %arg1: tensor<f32>) -> tensor<3xf32> {
  %c = stablehlo.constant dense<3> : tensor<1xi64>
  %0 = stablehlo.rng %arg0, %arg1, %c, distribution = NORMAL : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

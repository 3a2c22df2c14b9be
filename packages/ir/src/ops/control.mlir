// run: @while(1, 0) == 10, 9
func.func @while(%arg0: tensor<i64>, %arg1: tensor<i64>) -> (tensor<i64>, tensor<i64>) {
  %c = stablehlo.constant dense<1> : tensor<i64>
  %c_0 = stablehlo.constant dense<10> : tensor<i64>
  %0:2 = stablehlo.while(%iterArg = %arg0, %iterArg_1 = %arg1) : tensor<i64>, tensor<i64>
  cond {
    %1 = stablehlo.compare LT, %iterArg, %c_0 : (tensor<i64>, tensor<i64>) -> tensor<i1>
    stablehlo.return %1 : tensor<i1>
  } do {
    %1 = stablehlo.add %iterArg_1, %c : tensor<i64>
    %2 = stablehlo.add %iterArg, %c : tensor<i64>
    stablehlo.return %2, %1 : tensor<i64>, tensor<i64>
  }
  return %0#0, %0#1 : tensor<i64>, tensor<i64>
}
// -----
// error: while/C2
func.func @f(%i: tensor<i64>) -> tensor<i64> {
  %0 = stablehlo.while(%a = %i) : tensor<i64>
  cond {
    %1 = stablehlo.constant dense<false> : tensor<i1>
    stablehlo.return %1 : tensor<i1>
  } do {
    %1 = stablehlo.constant dense<1> : tensor<i32>
    stablehlo.return %1 : tensor<i32>
  }
  return %0 : tensor<i64>
}
// -----
// An index out of range takes the last branch.
// run: @case(0, [0, 0], [1, 1]) == [0, 0]
// run: @case(1, [0, 0], [1, 1]) == [1, 1]
// run: @case(-1, [0, 0], [1, 1]) == [1, 1]
// run: @case(7, [0, 0], [1, 1]) == [1, 1]
func.func @case(%arg0: tensor<i32>, %arg1: tensor<2xi64>, %arg2: tensor<2xi64>) -> tensor<2xi64> {
  %0 = "stablehlo.case"(%arg0) ({
    stablehlo.return %arg1 : tensor<2xi64>
  }, {
    stablehlo.return %arg2 : tensor<2xi64>
  }) : (tensor<i32>) -> tensor<2xi64>
  return %0 : tensor<2xi64>
}
// -----
// error: case/C3
func.func @f(%i: tensor<i32>, %x: tensor<2xi64>, %y: tensor<3xi64>) -> tensor<2xi64> {
  %0 = "stablehlo.case"(%i) ({
    stablehlo.return %x : tensor<2xi64>
  }, {
    stablehlo.return %y : tensor<3xi64>
  }) : (tensor<i32>) -> tensor<2xi64>
  return %0 : tensor<2xi64>
}
// -----
// run: @if(true, 10, 11) == 10
// run: @if(false, 10, 11) == 11
func.func @if(%arg0: tensor<i1>, %arg1: tensor<i32>, %arg2: tensor<i32>) -> tensor<i32> {
  %0 = "stablehlo.if"(%arg0) ({
    stablehlo.return %arg1 : tensor<i32>
  }, {
    stablehlo.return %arg2 : tensor<i32>
  }) : (tensor<i1>) -> tensor<i32>
  return %0 : tensor<i32>
}
// -----
// run: @tuple(1, 2.5) == 2.5
func.func @tuple(%arg0: tensor<i32>, %arg1: tensor<f32>) -> tensor<f32> {
  %0 = stablehlo.tuple %arg0, %arg1 : tuple<tensor<i32>, tensor<f32>>
  %1 = stablehlo.get_tuple_element %0[1] : (tuple<tensor<i32>, tensor<f32>>) -> tensor<f32>
  return %1 : tensor<f32>
}
// -----
// error: get_tuple_element/C1
func.func @f(%x: tuple<tensor<i32>>) -> tensor<i32> {
  %0 = stablehlo.get_tuple_element %x[1] : (tuple<tensor<i32>>) -> tensor<i32>
  return %0 : tensor<i32>
}
// -----
// run: @optimization_barrier(1, 2) == 2, 1
func.func @optimization_barrier(%arg0: tensor<i32>, %arg1: tensor<i32>) -> (tensor<i32>, tensor<i32>) {
  %0:2 = stablehlo.optimization_barrier %arg0, %arg1 : tensor<i32>, tensor<i32>
  return %0#1, %0#0 : tensor<i32>, tensor<i32>
}

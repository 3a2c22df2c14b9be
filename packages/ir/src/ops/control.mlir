// run: @while(1, 0) == 10, 9
func.func @while(%i: tensor<i64>, %sum: tensor<i64>) -> (tensor<i64>, tensor<i64>) {
  %one = stablehlo.constant dense<1> : tensor<i64>
  %ten = stablehlo.constant dense<10> : tensor<i64>
  %0:2 = stablehlo.while(%a = %i, %b = %sum) : tensor<i64>, tensor<i64>
  cond {
    %1 = stablehlo.compare LT, %a, %ten : (tensor<i64>, tensor<i64>) -> tensor<i1>
    stablehlo.return %1 : tensor<i1>
  } do {
    %1 = stablehlo.add %b, %one : tensor<i64>
    %2 = stablehlo.add %a, %one : tensor<i64>
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
func.func @case(%i: tensor<i32>, %x: tensor<2xi64>, %y: tensor<2xi64>) -> tensor<2xi64> {
  %0 = "stablehlo.case"(%i) ({
    stablehlo.return %x : tensor<2xi64>
  }, {
    stablehlo.return %y : tensor<2xi64>
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
func.func @if(%p: tensor<i1>, %x: tensor<i32>, %y: tensor<i32>) -> tensor<i32> {
  %0 = "stablehlo.if"(%p) ({
    stablehlo.return %x : tensor<i32>
  }, {
    stablehlo.return %y : tensor<i32>
  }) : (tensor<i1>) -> tensor<i32>
  return %0 : tensor<i32>
}
// -----
// run: @tuple(1, 2.5) == 2.5
func.func @tuple(%x: tensor<i32>, %y: tensor<f32>) -> tensor<f32> {
  %0 = stablehlo.tuple %x, %y : tuple<tensor<i32>, tensor<f32>>
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
func.func @optimization_barrier(%x: tensor<i32>, %y: tensor<i32>) -> (tensor<i32>, tensor<i32>) {
  %0:2 = stablehlo.optimization_barrier %x, %y : tensor<i32>, tensor<i32>
  return %0#1, %0#0 : tensor<i32>, tensor<i32>
}

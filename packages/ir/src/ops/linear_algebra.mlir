// run: @cholesky([[1, 2, 3], [2, 20, 26], [3, 26, 70]]) == [[1, 0, 0], [2, 4, 0], [3, 5, 6]]
// Only the triangle that is asked for is read.
// run: @upper([[(4, 0), (2, -2)], [(9, 9), (6, 0)]]) == [[(2, 0), (1, -1)], [(0, 0), (2, 0)]]
// run: @lower([[(4, 0), (9, 9)], [(2, 2), (6, 0)]]) == [[(2, 0), (0, 0)], [(1, 1), (2, 0)]]
func.func @cholesky(%arg0: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %0 = stablehlo.cholesky %arg0, lower = true : tensor<3x3xf32>
  return %0 : tensor<3x3xf32>
}
func.func @upper(%arg0: tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>> {
  %0 = stablehlo.cholesky %arg0 : tensor<2x2xcomplex<f64>>
  return %0 : tensor<2x2xcomplex<f64>>
}
func.func @lower(%arg0: tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>> {
  %0 = stablehlo.cholesky %arg0, lower = true : tensor<2x2xcomplex<f64>>
  return %0 : tensor<2x2xcomplex<f64>>
}
// -----
// error: cholesky/C3
func.func @f(%a: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = stablehlo.cholesky %a : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
// -----
// run: @triangular_solve([[1, 0, 0], [2, 4, 0], [3, 5, 6]], [[2, 0, 0], [4, 8, 0], [6, 10, 12]]) == [[2, 0, 0], [0, 2, 0], [0, 0, 2]]
// The diagonal is not read when it is said to be of ones.
// run: @unit([[7, 3], [7, 7]], [[5], [1]]) == [[2], [1]]
// run: @left_as_is([[(2, 0), (9, 9)], [(1, -1), (4, 0)]], [[(2, 0), (4, 0)], [(6, 0), (0, 8)]]) == [[(1, 0), (2, 0)], [(1.25, 0.25), (-0.5, 2.5)]]
// run: @left_transposed([[(2, 0), (9, 9)], [(1, -1), (4, 0)]], [[(2, 0), (4, 0)], [(6, 0), (0, 8)]]) == [[(0.25, 0.75), (1, -1)], [(1.5, 0), (0, 2)]]
// run: @left_adjoint([[(2, 0), (9, 9)], [(1, -1), (4, 0)]], [[(2, 0), (4, 0)], [(6, 0), (0, 8)]]) == [[(0.25, -0.75), (3, -1)], [(1.5, 0), (0, 2)]]
// run: @right_as_is([[(2, 0), (9, 9)], [(1, -1), (4, 0)]], [[(2, 0), (4, 0)], [(6, 0), (0, 8)]]) == [[(0.5, 0.5), (1, 0)], [(2, -1), (0, 2)]]
// run: @right_transposed([[(2, 0), (9, 9)], [(1, -1), (4, 0)]], [[(2, 0), (4, 0)], [(6, 0), (0, 8)]]) == [[(1, 0), (0.75, 0.25)], [(3, 0), (-0.75, 2.75)]]
// run: @right_adjoint([[(2, 0), (9, 9)], [(1, -1), (4, 0)]], [[(2, 0), (4, 0)], [(6, 0), (0, 8)]]) == [[(1, 0), (0.75, -0.25)], [(3, 0), (-0.75, 1.25)]]
func.func @triangular_solve(%arg0: tensor<3x3xf32>, %arg1: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %0 = "stablehlo.triangular_solve"(%arg0, %arg1) <{left_side = true, lower = true, transpose_a = #stablehlo<transpose NO_TRANSPOSE>, unit_diagonal = false}> : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
  return %0 : tensor<3x3xf32>
}
func.func @unit(%arg0: tensor<2x2xf32>, %arg1: tensor<2x1xf32>) -> tensor<2x1xf32> {
  %0 = "stablehlo.triangular_solve"(%arg0, %arg1) <{left_side = true, lower = false, transpose_a = #stablehlo<transpose NO_TRANSPOSE>, unit_diagonal = true}> : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}
func.func @left_as_is(%arg0: tensor<2x2xcomplex<f64>>, %arg1: tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>> {
  %0 = "stablehlo.triangular_solve"(%arg0, %arg1) <{left_side = true, lower = true, transpose_a = #stablehlo<transpose NO_TRANSPOSE>, unit_diagonal = false}> : (tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>>
  return %0 : tensor<2x2xcomplex<f64>>
}
func.func @left_transposed(%arg0: tensor<2x2xcomplex<f64>>, %arg1: tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>> {
  %0 = "stablehlo.triangular_solve"(%arg0, %arg1) <{left_side = true, lower = true, transpose_a = #stablehlo<transpose TRANSPOSE>, unit_diagonal = false}> : (tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>>
  return %0 : tensor<2x2xcomplex<f64>>
}
func.func @left_adjoint(%arg0: tensor<2x2xcomplex<f64>>, %arg1: tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>> {
  %0 = "stablehlo.triangular_solve"(%arg0, %arg1) <{left_side = true, lower = true, transpose_a = #stablehlo<transpose ADJOINT>, unit_diagonal = false}> : (tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>>
  return %0 : tensor<2x2xcomplex<f64>>
}
func.func @right_as_is(%arg0: tensor<2x2xcomplex<f64>>, %arg1: tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>> {
  %0 = "stablehlo.triangular_solve"(%arg0, %arg1) <{left_side = false, lower = true, transpose_a = #stablehlo<transpose NO_TRANSPOSE>, unit_diagonal = false}> : (tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>>
  return %0 : tensor<2x2xcomplex<f64>>
}
func.func @right_transposed(%arg0: tensor<2x2xcomplex<f64>>, %arg1: tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>> {
  %0 = "stablehlo.triangular_solve"(%arg0, %arg1) <{left_side = false, lower = true, transpose_a = #stablehlo<transpose TRANSPOSE>, unit_diagonal = false}> : (tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>>
  return %0 : tensor<2x2xcomplex<f64>>
}
func.func @right_adjoint(%arg0: tensor<2x2xcomplex<f64>>, %arg1: tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>> {
  %0 = "stablehlo.triangular_solve"(%arg0, %arg1) <{left_side = false, lower = true, transpose_a = #stablehlo<transpose ADJOINT>, unit_diagonal = false}> : (tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>>
  return %0 : tensor<2x2xcomplex<f64>>
}
// -----
// error: triangular_solve/C3
func.func @f(%a: tensor<2x2xf32>, %b: tensor<3x1xf32>) -> tensor<3x1xf32> {
  %0 = "stablehlo.triangular_solve"(%a, %b) <{left_side = true, lower = false, transpose_a = #stablehlo<transpose NO_TRANSPOSE>, unit_diagonal = true}> : (tensor<2x2xf32>, tensor<3x1xf32>) -> tensor<3x1xf32>
  return %0 : tensor<3x1xf32>
}
// -----
// run: @fft([(1, 0), (0, 0), (0, 0), (0, 0)]) == [(1, 0), (1, 0), (1, 0), (1, 0)]
// Five is no power of two; the values are XLA's.
// run: @rfft([1, 2, 3, 4, 6]) ~= [(16, 0), (-2.190983, 4.3920116), (-3.309017, 1.4000845)]
// run: @irfft([(10, 0), (1, -2), (3, 1)]) ~= [3.6, 1.6785175, 2.8978645, 1.1965628, 0.6270553]
// run: @ifft([[(1, 0), (0, 2), (3, 0)], [(4, 0), (5, 0), (6, -1)]]) ~= [[(3.1666667, 0.16666667), (-0.766346, -0.6606836), (0.09967937, 0.49401695)], [(-1.8333334, 0.5), (0.0223291, -0.53867513), (0.31100423, 0.03867513)]]
func.func @fft(%arg0: tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>> {
  %0 = stablehlo.fft %arg0, type = FFT, length = [4] : (tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>>
  return %0 : tensor<4xcomplex<f32>>
}
func.func @rfft(%arg0: tensor<5xf32>) -> tensor<3xcomplex<f32>> {
  %0 = stablehlo.fft %arg0, type = RFFT, length = [5] : (tensor<5xf32>) -> tensor<3xcomplex<f32>>
  return %0 : tensor<3xcomplex<f32>>
}
func.func @irfft(%arg0: tensor<3xcomplex<f32>>) -> tensor<5xf32> {
  %0 = stablehlo.fft %arg0, type = IRFFT, length = [5] : (tensor<3xcomplex<f32>>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}
func.func @ifft(%arg0: tensor<2x3xcomplex<f32>>) -> tensor<2x3xcomplex<f32>> {
  %0 = stablehlo.fft %arg0, type = IFFT, length = [2, 3] : (tensor<2x3xcomplex<f32>>) -> tensor<2x3xcomplex<f32>>
  return %0 : tensor<2x3xcomplex<f32>>
}
// -----
// error: fft/C4
func.func @f(%x: tensor<5xf32>) -> tensor<3xcomplex<f32>> {
  %0 = stablehlo.fft %x, type = RFFT, length = [4] : (tensor<5xf32>) -> tensor<3xcomplex<f32>>
  return %0 : tensor<3xcomplex<f32>>
}

/** Linear algebra, Fourier transforms and random bits. */
import { mlx } from "../dialect.ts";
import { refuseWide } from "./complex.ts";
import { attributes, type LoweringTable, resultTypes } from "./lowering.ts";

const flag = (value: boolean | undefined) => (value ? 1 : 0);

export const mathematics: LoweringTable = {
  "stablehlo.cholesky": {
    refuse: refuseWide,
    emit: (operation, builder) => {
      const { lower } = attributes<{ lower?: boolean }>(operation);
      return builder.emit(mlx.cholesky, operation.operands, { lower: flag(lower) });
    },
  },
  "stablehlo.triangular_solve": {
    refuse: refuseWide,
    emit: (operation, builder) => {
      const { left_side, lower, unit_diagonal, transpose_a } = attributes<{
        left_side: boolean;
        lower: boolean;
        unit_diagonal: boolean;
        transpose_a: string;
      }>(operation);
      return builder.emit(mlx.triangularSolve, operation.operands, {
        left_side: flag(left_side),
        lower: flag(lower),
        unit_diagonal: flag(unit_diagonal),
        transpose: transpose_a === "TRANSPOSE_INVALID" ? "NO_TRANSPOSE" : transpose_a,
      });
    },
  },
  "stablehlo.fft": (operation, builder) => {
    const { fft_type: kind, fft_length: lengths } = attributes<{
      fft_type: string;
      fft_length: readonly number[];
    }>(operation);
    return builder.emit(mlx.fft, operation.operands, { kind, lengths }, { results: resultTypes(operation) });
  },
  "stablehlo.rng_bit_generator": (operation, builder) => {
    const { rng_algorithm: algorithm } = attributes<{ rng_algorithm: string }>(operation);
    return builder.emit(
      mlx.rngBitGenerator,
      operation.operands,
      { algorithm },
      { results: resultTypes(operation) },
    );
  },
};

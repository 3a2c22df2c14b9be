/** Chapter "programs": several operations together, where backends fuse, reuse memory and update in place. */
import type { Device } from "../src/device.ts";
import { agrees, program } from "./support.ts";
import type { KitCase, ProgramSource } from "./types.ts";

export function programCases(more: readonly ProgramSource[]): KitCase[] {
  return [...embedded, ...more].map(({ name, source }) => ({
    name: `programs/${name}`,
    run: (device: Device) => agrees(device, program(source)),
  }));
}

const embedded: readonly ProgramSource[] = [
  {
    name: "softmax",
    source: `func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %m = stablehlo.reduce(%x init: %low) applies stablehlo.maximum across dimensions = [1] : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>
  %b = stablehlo.broadcast_in_dim %m, dims = [0] : (tensor<4xf32>) -> tensor<4x8xf32>
  %d = stablehlo.subtract %x, %b : tensor<4x8xf32>
  %e = stablehlo.exponential %d : tensor<4x8xf32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %s = stablehlo.reduce(%e init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>
  %t = stablehlo.broadcast_in_dim %s, dims = [0] : (tensor<4xf32>) -> tensor<4x8xf32>
  %r = stablehlo.divide %e, %t : tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}`,
  },
  {
    name: "a loop that fills an array and reads what it filled",
    source: `func.func @main(%x: tensor<6xf32>) -> (tensor<6xf32>, tensor<f32>) {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %sum0 = stablehlo.constant dense<0.0> : tensor<f32>
  %empty = stablehlo.constant dense<0.0> : tensor<6xf32>
  %r:3 = stablehlo.while(%i = %zero, %ys = %empty, %sum = %sum0) : tensor<i32>, tensor<6xf32>, tensor<f32>
  cond {
    %n = stablehlo.constant dense<6> : tensor<i32>
    %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %one = stablehlo.constant dense<1> : tensor<i32>
    %e = stablehlo.dynamic_slice %x, %i, sizes = [1] : (tensor<6xf32>, tensor<i32>) -> tensor<1xf32>
    %s = stablehlo.reshape %e : (tensor<1xf32>) -> tensor<f32>
    %t = stablehlo.add %sum, %s : tensor<f32>
    %u = stablehlo.reshape %t : (tensor<f32>) -> tensor<1xf32>
    %zs = stablehlo.dynamic_update_slice %ys, %u, %i : (tensor<6xf32>, tensor<1xf32>, tensor<i32>) -> tensor<6xf32>
    %total = stablehlo.reduce(%zs init: %sum0) applies stablehlo.add across dimensions = [0] : (tensor<6xf32>, tensor<f32>) -> tensor<f32>
    %half = stablehlo.constant dense<0.5> : tensor<f32>
    %v = stablehlo.multiply %total, %half : tensor<f32>
    %j = stablehlo.add %i, %one : tensor<i32>
    stablehlo.return %j, %zs, %v : tensor<i32>, tensor<6xf32>, tensor<f32>
  }
  return %r#1, %r#2 : tensor<6xf32>, tensor<f32>
}`,
  },
  {
    name: "a loop that swaps and rotates what it carries",
    source: `func.func @main(%a: tensor<40xf32>, %b: tensor<40xf32>, %c: tensor<f32>) -> (tensor<40xf32>, tensor<40xf32>, tensor<40xf32>, tensor<f32>) {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %r:5 = stablehlo.while(%i = %zero, %x = %a, %y = %b, %z = %a, %w = %c) : tensor<i32>, tensor<40xf32>, tensor<40xf32>, tensor<40xf32>, tensor<f32>
  cond {
    %n = stablehlo.constant dense<7> : tensor<i32>
    %p = stablehlo.add %i, %i : tensor<i32>
    %q = stablehlo.divide %p, %p : tensor<i32>
    %t = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %t : tensor<i1>
  } do {
    %one = stablehlo.constant dense<1> : tensor<i32>
    %j = stablehlo.add %i, %one : tensor<i32>
    %s = stablehlo.add %x, %y : tensor<40xf32>
    %v = stablehlo.reverse %z, dims = [0] : tensor<40xf32>
    %u = stablehlo.negate %w : tensor<f32>
    stablehlo.return %j, %y, %v, %s, %u : tensor<i32>, tensor<40xf32>, tensor<40xf32>, tensor<40xf32>, tensor<f32>
  }
  return %r#1, %r#2, %r#3, %r#4 : tensor<40xf32>, tensor<40xf32>, tensor<40xf32>, tensor<f32>
}`,
  },
  {
    name: "branches in a loop, results in different orders",
    source: `func.func @main(%a: tensor<5xf32>, %b: tensor<5xf32>) -> (tensor<5xf32>, tensor<5xf32>) {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %r:3 = stablehlo.while(%i = %zero, %x = %a, %y = %b) : tensor<i32>, tensor<5xf32>, tensor<5xf32>
  cond {
    %n = stablehlo.constant dense<4> : tensor<i32>
    %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %one = stablehlo.constant dense<1> : tensor<i32>
    %two = stablehlo.constant dense<2> : tensor<i32>
    %j = stablehlo.add %i, %one : tensor<i32>
    %k = stablehlo.remainder %i, %two : tensor<i32>
    %z:2 = "stablehlo.case"(%k) ({
      %s = stablehlo.add %x, %y : tensor<5xf32>
      stablehlo.return %s, %x : tensor<5xf32>, tensor<5xf32>
    }, {
      %t = stablehlo.sine %y : tensor<5xf32>
      stablehlo.return %y, %t : tensor<5xf32>, tensor<5xf32>
    }) : (tensor<i32>) -> (tensor<5xf32>, tensor<5xf32>)
    stablehlo.return %j, %z#0, %z#1 : tensor<i32>, tensor<5xf32>, tensor<5xf32>
  }
  return %r#1, %r#2 : tensor<5xf32>, tensor<5xf32>
}`,
  },
  {
    name: "one result twice, an argument and a constant as results",
    source: `func.func @main(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<2xi32>) {
  %y = stablehlo.negate %x : tensor<3xf32>
  %c = stablehlo.constant dense<[4, 5]> : tensor<2xi32>
  return %y, %y, %x, %c : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<2xi32>
}`,
  },
  {
    name: "an array that is read after its update",
    source: `func.func @main(%x: tensor<6xf32>, %u: tensor<2xf32>) -> (tensor<6xf32>, tensor<6xf32>) {
  %i = stablehlo.constant dense<3> : tensor<i32>
  %y = stablehlo.negate %x : tensor<6xf32>
  %z = stablehlo.dynamic_update_slice %y, %u, %i : (tensor<6xf32>, tensor<2xf32>, tensor<i32>) -> tensor<6xf32>
  %w = stablehlo.add %y, %z : tensor<6xf32>
  return %z, %w : tensor<6xf32>, tensor<6xf32>
}`,
  },
  {
    name: "reversed and plain reads of one intermediate",
    source: `func.func @main(%x: tensor<6xf32>) -> tensor<6xf32> {
  %y = stablehlo.multiply %x, %x : tensor<6xf32>
  %z = stablehlo.reverse %y, dims = [0] : tensor<6xf32>
  %w = stablehlo.subtract %y, %z : tensor<6xf32>
  %v = stablehlo.reverse %w, dims = [0] : tensor<6xf32>
  %r = stablehlo.multiply %v, %y : tensor<6xf32>
  return %r : tensor<6xf32>
}`,
  },
  {
    name: "large arrays: sums, maxima and views of them",
    source: `func.func @main(%v: tensor<150x120xf32>, %n: tensor<150x120xi32>) -> (tensor<150xf32>, tensor<120xf32>, tensor<f32>, tensor<120x150xf32>, tensor<i32>, tensor<150x120xi32>) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %x = stablehlo.abs %v : tensor<150x120xf32>
  %none = stablehlo.constant dense<0> : tensor<i32>
  %rows = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<150x120xf32>, tensor<f32>) -> tensor<150xf32>
  %columns = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [0] : (tensor<150x120xf32>, tensor<f32>) -> tensor<120xf32>
  %b = stablehlo.broadcast_in_dim %rows, dims = [0] : (tensor<150xf32>) -> tensor<150x120xf32>
  %y = stablehlo.multiply %x, %b : tensor<150x120xf32>
  %all = stablehlo.reduce(%y init: %zero) applies stablehlo.add across dimensions = [0, 1] : (tensor<150x120xf32>, tensor<f32>) -> tensor<f32>
  %t = stablehlo.transpose %y, dims = [1, 0] : (tensor<150x120xf32>) -> tensor<120x150xf32>
  %u = stablehlo.negate %t : tensor<120x150xf32>
  %i = stablehlo.iota dim = 0 : tensor<150x120xi32>
  %m = stablehlo.multiply %i, %n : tensor<150x120xi32>
  %most = stablehlo.reduce(%m init: %none) applies stablehlo.maximum across dimensions = [0, 1] : (tensor<150x120xi32>, tensor<i32>) -> tensor<i32>
  %r = stablehlo.reverse %m, dims = [0, 1] : tensor<150x120xi32>
  %s = stablehlo.add %r, %m : tensor<150x120xi32>
  return %rows, %columns, %all, %u, %most, %s : tensor<150xf32>, tensor<120xf32>, tensor<f32>, tensor<120x150xf32>, tensor<i32>, tensor<150x120xi32>
}`,
  },
  {
    name: "large arrays: the place of the largest, and running sums",
    source: `func.func @main(%x: tensor<20000xi32>) -> (tensor<i32>, tensor<i32>, tensor<20000xi32>) {
  %low = stablehlo.constant dense<-100> : tensor<i32>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %i = stablehlo.iota dim = 0 : tensor<20000xi32>
  %m:2 = "stablehlo.reduce"(%x, %i, %low, %zero) <{dimensions = array<i64: 0>}> ({
  ^bb0(%a: tensor<i32>, %b: tensor<i32>, %c: tensor<i32>, %d: tensor<i32>):
    %p = stablehlo.compare GE, %a, %c : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %v = stablehlo.select %p, %a, %c : tensor<i1>, tensor<i32>
    %w = stablehlo.select %p, %b, %d : tensor<i1>, tensor<i32>
    stablehlo.return %v, %w : tensor<i32>, tensor<i32>
  }) : (tensor<20000xi32>, tensor<20000xi32>, tensor<i32>, tensor<i32>) -> (tensor<i32>, tensor<i32>)
  %s = "stablehlo.reduce_window"(%x, %zero) <{window_dimensions = array<i64: 20000>, padding = dense<[[19999, 0]]> : tensor<1x2xi64>}> ({
  ^bb0(%a: tensor<i32>, %b: tensor<i32>):
    %t = stablehlo.add %a, %b : tensor<i32>
    stablehlo.return %t : tensor<i32>
  }) : (tensor<20000xi32>, tensor<i32>) -> tensor<20000xi32>
  return %m#0, %m#1, %s : tensor<i32>, tensor<i32>, tensor<20000xi32>
}`,
  },
];

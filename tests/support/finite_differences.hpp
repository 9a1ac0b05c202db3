// Derivatives by central differences, in double. The hand-derived backward passes are compared with them.

#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <string>

#include "circuits/circuit.hpp"

namespace chandelier {

static_assert(sizeof(Real) == sizeof(double), "finite differences need the library built in double");

/// The gradient of one parameter according to the circuit.
inline Matrix gradient_of(const Circuit& circuit, const std::string& parameter) {
  for (const LearningSignal& signal : circuit.learning_signals())
    if (signal.parameter->name() == parameter) return signal.error * signal.presynaptic;
  ADD_FAILURE() << parameter << " does not learn";
  return {};
}

/// Compares `gradient` with central differences of `loss`, for every entry of the parameter.
inline void expect_gradient(Parameter& parameter, const Matrix& gradient, const std::function<double()>& loss) {
  constexpr double h = 1e-6;
  ASSERT_EQ(gradient.rows(), parameter.rows());
  ASSERT_EQ(gradient.cols(), parameter.cols());
  EXPECT_GT(gradient.norm(), 0) << parameter.name() << ": a gradient of zero tests nothing";
  for (Index i = 0; i < parameter.rows(); ++i)
    for (Index j = 0; j < parameter.cols(); ++j) {
      const double before = parameter.value()(i, j);
      const auto set = [&](double value) { parameter.change([&](MatrixView w) { w(i, j) = value; }); };
      set(before + h);
      const double above = loss();
      set(before - h);
      const double below = loss();
      set(before);
      EXPECT_NEAR(gradient(i, j), (above - below) / (2 * h), 1e-7 + 1e-6 * gradient.cwiseAbs().maxCoeff())
          << parameter.name() << "(" << i << ", " << j << ")";
    }
}

/// Random weights well above zero, so that changing one by 1e-6 does not reach the projection.
inline void randomize(Circuit& circuit, std::mt19937& random) {
  std::uniform_real_distribution<double> positive(0.1, 1.0), any(-0.5, 0.5);
  for (Parameter& parameter : circuit.parameters())
    parameter.change([&](MatrixView w) {
      for (Index i = 0; i < w.size(); ++i)
        w.data()[i] = parameter.sign() == Sign::non_negative ? positive(random) : any(random);
    });
}

inline Matrix random_images(Index batch, Index k, std::mt19937& random) {
  std::uniform_real_distribution<double> pixel(0.0, 1.0);
  return Matrix::NullaryExpr(batch, k, [&] { return pixel(random); });
}

}  // namespace chandelier

// Reference implementation of circuits, normalizations and gradients. It computes in double, with one sample per row as
// usual in the field ([B x n]), and forms every gradient. Slow and simple; the library is compared with it.

#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "circuits/circuit.hpp"
#include "plain_sample.hpp"

namespace chandelier::plain {

/// Activity is [n x B] in the library and [B x n] here.
MatrixD by_sample(ConstMatrixView a);
MatrixD values(ConstMatrixView a);

/// f of each sample of a, or of a and c.
MatrixD each_sample(const MatrixD& a, const std::function<Units(const Units&)>& f);
MatrixD each_sample(const MatrixD& a, const MatrixD& c, const std::function<Units(const Units&, const Units&)>& f);
/// mean_B f
double mean_of_samples(const MatrixD& a, const std::function<double(const Units&)>& f);

Units activity_norm(const std::string& name, const Units& z);

/// The exact Jacobian of an activity normalization at z, entry by entry by the quotient rule, times g.
Units through_jacobian(const std::string& name, const Units& g, const Units& z);

Units error_part(const std::string& part, const Units& g, const Units& N);

/// The parameters of a layer. Those it does not have are empty.
struct Weights {
  MatrixD Wex, Wix, Wei, Bix, b;
};

Weights weights_of(const Circuit& circuit);

struct Activity {
  MatrixD e, s, z;  ///< [B x n]
  Units d;          ///< [B]; 1 without division
};

Activity forward(const std::string& circuit, const Weights& w, const MatrixD& X);

struct Gradients {
  Weights of;
  MatrixD delta;  ///< [B x n], the error at (e - s)
  MatrixD below;  ///< [B x k], the error transmitted to the layer below
};

/// Gradients of all parameters from the normalized error N(g) [B x n]. Empty for parameters that do not learn.
Gradients backward(const std::string& circuit, const Weights& w, const MatrixD& X, const Activity& a,
                   const MatrixD& normalized_error, double lambda, bool error_divide);

double homeostatic_loss(const std::string& circuit, const MatrixD& z, double lambda);

/// The error (softmax - target)/B of logits [B x classes] with label smoothing.
MatrixD task_error(const MatrixD& logits, const std::vector<std::uint8_t>& labels, double smoothing);

/// Expects that all entries agree, up to `relative` times the largest expected one: single precision against double.
void expect_close(const MatrixD& actual, const MatrixD& expected, const std::string& what, double relative = 2e-5);

MatrixD random_matrix(Index rows, Index cols, std::mt19937& random, double low, double high);

/// Random weights with the right signs and a scale that keeps activity near 1.
void randomize(Circuit& circuit, std::mt19937& random);

std::vector<std::uint8_t> random_labels(Index count, int classes, std::mt19937& random);

}  // namespace chandelier::plain

// Drives a compiled step through the minibatches of an epoch: one call from Python instead of one
// for each step. Weights and what the optimizer remembers are carried into the kernel's padded
// layout before, and back behind.
#include <cstdint>
#include <cstring>
#include <torch/csrc/inductor/aoti_runtime/interface.h>

using Run = AOTIRuntimeError (*)(
    AOTInductorModelHandle, int32_t, const AOTInductorArrayRefTensor*, int32_t,
    AOTInductorArrayRefTensor*);

struct Carried {
  float* outer;
  float* inner;
  const int64_t* outer_places;
  const int64_t* inner_places;
  int64_t count;
  int64_t back;  // whether it is carried back
};

struct Job {
  Run run;
  AOTInductorModelHandle model;
  int64_t inputs;
  AOTInductorArrayRefTensor* given;  // the minibatch and its shares first, ticks next
  AOTInductorArrayRefTensor* result;
  const Carried* carried;
  int64_t carried_count;
  const float* rows;     // of all points
  const int64_t* order;  // of the points in the epoch, (networks, points)
  float* minibatch;      // where the kernel reads it
  int64_t row;           // numbers in a row
  float* shares;         // for minibatches of 0, 1, 2, ... points
  int64_t share;         // numbers for one size
  int64_t lanes;         // networks side by side, each with an order of its own
  int64_t used;          // of those lanes
  int64_t points;        // in each order
  const int64_t* which;  // of the orders is each lane's
  const int64_t* first;  // of all points is the first of each lane's
  const float* ticks;    // a row for each step to come, where the optimizer has any
  int64_t tick;          // numbers in a row, or 0
  int64_t tick_rows;
  int64_t behind;        // steps taken before the first row
  float* const* counts;  // where the first numbers of a row live, the number of steps first
  int64_t kept;          // how many of them are written back
  const int64_t* slices; // (start, stop) of each minibatch in the order
  int64_t count;         // of them
};

// Returns how many of the steps were taken; -1, and nothing done, if there are no rows for them.
extern "C" int64_t drive(const Job* job) {
  const int64_t *slices = job->slices, count = job->count;
  const float* tick = nullptr;
  if (job->tick) {
    const int64_t row = static_cast<int64_t>(*job->counts[0]) - job->behind;
    if (row < 0 || row + count > job->tick_rows) return -1;
    tick = job->ticks + row * job->tick;
  }
  for (int64_t c = 0; c < job->carried_count; ++c) {
    const Carried& one = job->carried[c];
    for (int64_t i = 0; i < one.count; ++i)
      one.inner[one.inner_places[i]] = one.outer[one.outer_places[i]];
  }
  int64_t taken = 0;
  for (; taken < count; ++taken) {
    const int64_t start = slices[2 * taken], stop = slices[2 * taken + 1];
    for (int64_t lane = 0; lane < job->used; ++lane) {
      const int64_t* order = job->order + job->which[lane] * job->points;
      const float* rows = job->rows + job->first[lane] * job->row;
      for (int64_t i = start; i < stop; ++i) {
        const float* from = rows + order[i] * job->row;
        float* to = job->minibatch + (i - start) * job->row * job->lanes + lane;
        if (job->lanes == 1)
          std::memcpy(to, from, static_cast<size_t>(job->row) * sizeof(float));
        else
          for (int64_t k = 0; k < job->row; ++k) to[k * job->lanes] = from[k];
      }
    }
    // Behind a short minibatch stand points of another, which have no share.
    job->given[1].data = job->shares + (stop - start) * job->share;
    if (tick) job->given[2].data = const_cast<float*>(tick) + taken * job->tick;
    if (job->run(job->model, static_cast<int32_t>(job->inputs), job->given, 1, job->result)) break;
  }
  for (int64_t c = 0; c < job->carried_count; ++c) {
    const Carried& one = job->carried[c];
    if (!one.back) continue;
    for (int64_t i = 0; i < one.count; ++i)
      one.outer[one.outer_places[i]] = one.inner[one.inner_places[i]];
  }
  if (tick && taken > 0)
    for (int64_t k = 0; k < job->kept; ++k)
      *job->counts[k] = tick[(taken - 1) * job->tick + k];
  return taken;
}

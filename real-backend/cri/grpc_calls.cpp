#include "real-backend/cri/grpc_calls.h"

#include <grpc/support/time.h>

#include <vector>

namespace orrery::cri {

std::shared_ptr<grpc::ClientContext> make_context(std::optional<Duration> deadline) {
  auto context = std::make_shared<grpc::ClientContext>();
  if (deadline) {
    context->set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                       gpr_time_from_nanos(deadline->count_ns(), GPR_TIMESPAN)));
  }
  context->set_wait_for_ready(!deadline);
  return context;
}

void GrpcCalls::Shared::opened(const std::shared_ptr<grpc::ClientContext>& context) {
  const std::lock_guard lock{mutex};
  open.insert(context);
}

GrpcCalls::~GrpcCalls() {
  shared_->abandoned = true;
  std::unique_lock lock{shared_->mutex};
  const std::vector<std::shared_ptr<grpc::ClientContext>> open{shared_->open.begin(),
                                                               shared_->open.end()};
  // Not under the lock: a cancelled call may complete before TryCancel returns.
  lock.unlock();
  for (const auto& context : open) context->TryCancel();
  lock.lock();
  shared_->all_closed.wait(lock, [this] { return shared_->open.empty(); });
}

}  // namespace orrery::cri

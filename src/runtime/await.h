// runtime::await, the completion token that makes an Asio operation awaitable by a Task:
//   auto [error, n] = co_await socket.async_read_some(buffer, runtime::await);
// The result is what the operation completes with: nothing, one value, or a tuple. Error codes are
// returned, not thrown. The operation starts when it is awaited.
#pragma once

#include <boost/asio/async_result.hpp>
#include <coroutine>
#include <optional>
#include <tuple>
#include <utility>

namespace souk::runtime {

struct AwaitToken {};
inline constexpr AwaitToken await{};

namespace detail {

template <class Initiation, class Results, class Arguments>
class OperationAwaiter {
 public:
  OperationAwaiter(Initiation initiation, Arguments arguments)
      : initiation_(std::move(initiation)), arguments_(std::move(arguments)) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) {
    awaiting_ = awaiting;
    std::apply(
        [this](auto&&... arguments) {
          std::move(initiation_)(Handler{this}, std::move(arguments)...);
        },
        std::move(arguments_));
  }
  auto await_resume() {
    if constexpr (std::tuple_size_v<Results> == 0) {
      return;
    } else if constexpr (std::tuple_size_v<Results> == 1) {
      return std::get<0>(std::move(*results_));
    } else {
      return std::move(*results_);
    }
  }

 private:
  struct Handler {
    OperationAwaiter* operation;
    template <class... R>
    void operator()(R&&... results) {
      operation->results_.emplace(std::forward<R>(results)...);
      operation->awaiting_.resume();
    }
  };

  Initiation initiation_;
  Arguments arguments_;
  std::coroutine_handle<> awaiting_;
  std::optional<Results> results_;
};

}  // namespace detail
}  // namespace souk::runtime

template <class... R>
class boost::asio::async_result<souk::runtime::AwaitToken, void(R...)> {
 public:
  template <class Initiation, class... Arguments>
  static auto initiate(Initiation initiation, souk::runtime::AwaitToken, Arguments... arguments) {
    using Awaiter =
        souk::runtime::detail::OperationAwaiter<Initiation, std::tuple<std::decay_t<R>...>,
                                                std::tuple<Arguments...>>;
    return Awaiter(std::move(initiation), std::tuple<Arguments...>(std::move(arguments)...));
  }
};

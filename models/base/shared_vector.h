/// @file
/// A vector whose copies share their elements until one of them is changed (copy on write).
///
/// For parts that many objects have in common and hardly ever change: the containers of a pod are
/// those of its template in every version of every pod.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "models/base/contract.h"

namespace orrery {

/// The interface of std::vector as far as it is used. Whatever could change an element (access to
/// one that is not const, iterating over one that is not const) first makes the elements this
/// vector's own, in linear time if they are shared.
///
/// A reference to an element that is not const must not be used after the vector was copied: it
/// would change the copy too.
template <typename T>
class SharedVector {
 public:
  using value_type = T;
  using size_type = std::size_t;
  using iterator = typename std::vector<T>::iterator;
  using const_iterator = typename std::vector<T>::const_iterator;
  using reference = T&;
  using const_reference = const T&;

  SharedVector() = default;
  SharedVector(std::initializer_list<T> elements) : SharedVector(std::vector<T>(elements)) {}
  // Implicit, as a vector is a SharedVector that nobody shares yet.
  SharedVector(std::vector<T> elements) {  // NOLINT(google-explicit-constructor)
    if (!elements.empty()) elements_ = std::make_shared<std::vector<T>>(std::move(elements));
  }

  /// The elements to read. Valid until this vector is changed or ends.
  [[nodiscard]] const std::vector<T>& view() const { return elements_ ? *elements_ : none(); }
  operator const std::vector<T>&() const { return view(); }  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool empty() const { return view().empty(); }
  [[nodiscard]] std::size_t size() const { return view().size(); }
  [[nodiscard]] const_iterator begin() const { return view().begin(); }
  [[nodiscard]] const_iterator end() const { return view().end(); }
  [[nodiscard]] const T& operator[](std::size_t i) const { return view()[i]; }
  [[nodiscard]] const T& at(std::size_t i) const { return view().at(i); }
  [[nodiscard]] const T& front() const { return view().front(); }
  [[nodiscard]] const T& back() const { return view().back(); }

  [[nodiscard]] iterator begin() { return own().begin(); }
  [[nodiscard]] iterator end() { return own().end(); }
  [[nodiscard]] T& operator[](std::size_t i) { return own()[i]; }
  [[nodiscard]] T& at(std::size_t i) { return own().at(i); }
  [[nodiscard]] T& front() { return own().front(); }
  [[nodiscard]] T& back() { return own().back(); }

  void clear() { elements_.reset(); }
  void reserve(std::size_t count) { own().reserve(count); }
  void resize(std::size_t count) { own().resize(count); }
  void push_back(T element) { own().push_back(std::move(element)); }
  template <typename... Args>
  T& emplace_back(Args&&... args) {
    return own().emplace_back(std::forward<Args>(args)...);
  }
  /// Requires: `at` is an iterator of this vector, got from one that is not const.
  template <typename Iterator>
  iterator insert(iterator at, Iterator first, Iterator last) {
    return own().insert(at, first, last);
  }
  iterator erase(iterator at) { return own().erase(at); }

  /// Whether both read the same memory: equal without a look at the elements.
  [[nodiscard]] bool shares_with(const SharedVector& other) const {
    return elements_ == other.elements_;
  }

  friend bool operator==(const SharedVector& a, const SharedVector& b) {
    return a.shares_with(b) || a.view() == b.view();
  }

 private:
  [[nodiscard]] static const std::vector<T>& none() {
    static const std::vector<T> empty;
    return empty;
  }
  [[nodiscard]] std::vector<T>& own() {
    if (!elements_) {
      elements_ = std::make_shared<std::vector<T>>();
    } else if (elements_.use_count() > 1) {
      elements_ = std::make_shared<std::vector<T>>(*elements_);
    }
    return *elements_;
  }

  std::shared_ptr<std::vector<T>> elements_;
};

}  // namespace orrery

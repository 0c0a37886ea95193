#include "gui/views/accessible.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <map>

#include "gui/views/canvas.h"

namespace orrery::gui {
namespace {

/// A shape by its place among those of its canvas that say something.
class AccessibleShape : public QAccessibleInterface, public QAccessibleActionInterface {
 public:
  AccessibleShape(Canvas* canvas, int index) : canvas_{canvas}, index_{index} {}

  [[nodiscard]] bool isValid() const override { return shape().says.size() > 0; }
  [[nodiscard]] QObject* object() const override { return nullptr; }
  [[nodiscard]] QAccessibleInterface* childAt(int /*x*/, int /*y*/) const override {
    return nullptr;
  }
  [[nodiscard]] QAccessibleInterface* parent() const override {
    return QAccessible::queryAccessibleInterface(canvas_);
  }
  [[nodiscard]] QAccessibleInterface* child(int /*index*/) const override { return nullptr; }
  [[nodiscard]] int childCount() const override { return 0; }
  [[nodiscard]] int indexOfChild(const QAccessibleInterface* /*child*/) const override {
    return -1;
  }
  [[nodiscard]] QString text(QAccessible::Text what) const override {
    return what == QAccessible::Name ? shape().says : QString{};
  }
  void setText(QAccessible::Text /*what*/, const QString& /*text*/) override {}
  [[nodiscard]] QRect rect() const override {
    const QRect place = shape().where.toAlignedRect();
    return {canvas_->mapToGlobal(place.topLeft()), place.size()};
  }
  [[nodiscard]] QAccessible::Role role() const override {
    return shape().action.isEmpty() ? QAccessible::ListItem : QAccessible::Button;
  }
  void* interface_cast(QAccessible::InterfaceType type) override {
    return type == QAccessible::ActionInterface ? static_cast<QAccessibleActionInterface*>(this)
                                                : nullptr;
  }
  [[nodiscard]] QStringList actionNames() const override {
    return shape().action.isEmpty() ? QStringList{} : QStringList{pressAction()};
  }
  void doAction(const QString& name) override {
    const QString action = shape().action;
    if (name == pressAction() && !action.isEmpty() && canvas_->on_action) {
      canvas_->on_action(action);
    }
  }
  [[nodiscard]] QStringList keyBindingsForAction(const QString& /*name*/) const override {
    return {};
  }
  [[nodiscard]] QAccessible::State state() const override { return {}; }

 private:
  [[nodiscard]] Canvas::Said shape() const {
    const std::vector<Canvas::Said> said = canvas_->said();
    const auto index = static_cast<std::size_t>(index_);
    return index < said.size() ? said[index] : Canvas::Said{};
  }

  Canvas* canvas_;
  int index_;
};

class AccessibleCanvas : public QAccessibleWidget {
 public:
  explicit AccessibleCanvas(Canvas* canvas)
      : QAccessibleWidget{canvas, QAccessible::List}, canvas_{canvas} {}
  ~AccessibleCanvas() override {
    for (const auto& [index, id] : ids_) QAccessible::deleteAccessibleInterface(id);
  }

  [[nodiscard]] int childCount() const override { return static_cast<int>(canvas_->said().size()); }
  [[nodiscard]] QAccessibleInterface* child(int index) const override {
    if (index < 0 || index >= childCount()) return nullptr;
    const auto known = ids_.find(index);
    if (known != ids_.end()) return QAccessible::accessibleInterface(known->second);
    auto* made = new AccessibleShape{canvas_, index};
    ids_.emplace(index, QAccessible::registerAccessibleInterface(made));
    return made;
  }
  [[nodiscard]] int indexOfChild(const QAccessibleInterface* child) const override {
    for (const auto& [index, id] : ids_) {
      if (QAccessible::accessibleInterface(id) == child) return index;
    }
    return -1;
  }
  [[nodiscard]] QAccessibleInterface* childAt(int x, int y) const override {
    for (int i = 0; i < childCount(); ++i) {
      if (child(i)->rect().contains(x, y)) return child(i);
    }
    return nullptr;
  }

 private:
  Canvas* canvas_;
  mutable std::map<int, QAccessible::Id> ids_;
};

QAccessibleInterface* interface_of(const QString& /*class_name*/, QObject* object) {
  auto* canvas = dynamic_cast<Canvas*>(object);
  return canvas == nullptr ? nullptr : new AccessibleCanvas{canvas};
}

}  // namespace

void install_accessibility() { QAccessible::installFactory(interface_of); }

}  // namespace orrery::gui

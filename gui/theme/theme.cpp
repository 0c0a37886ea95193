#include "gui/theme/theme.h"

namespace orrery::gui {
namespace {

QColor rgb(unsigned value) { return QColor::fromRgb(0xff00'0000U | value); }

Theme dark() {
  Theme t;
  t.shade = Shade::Dark;
  t.window = rgb(0x0A0E13);
  t.panel = rgb(0x10161D);
  t.card = rgb(0x17202A);
  t.raised = rgb(0x1F2A36);
  t.line = rgb(0x222D39);
  t.high = rgb(0xEEF2F6);
  t.mid = rgb(0xA9B6C4);
  t.low = rgb(0x7F8D9C);
  t.accent = rgb(0x6CC3F5);
  t.focus = rgb(0xEEF2F6);
  t.failing_fill = rgb(0x2A1A17);
  t.lost_fill = rgb(0x231D2B);
  t.states = {rgb(0x44808A), rgb(0xFDC22A), rgb(0xFA5A33), rgb(0xE3C6F9),
              rgb(0x35A6FF), rgb(0x22E39A), t.low};
  return t;
}

Theme light() {
  Theme t;
  t.shade = Shade::Light;
  t.window = rgb(0xF3F5F7);
  t.panel = rgb(0xFFFFFF);
  t.card = rgb(0xFAFBFC);
  t.raised = rgb(0xE9EDF1);
  t.line = rgb(0xD5DCE3);
  t.high = rgb(0x14202B);
  t.mid = rgb(0x44535F);
  t.low = rgb(0x65737F);
  t.accent = rgb(0x0B62A8);
  t.focus = rgb(0x14202B);
  t.failing_fill = rgb(0xFBEDE9);
  t.lost_fill = rgb(0xF4EEF9);
  t.states = {rgb(0x4F8C8C), rgb(0xAA6701), rgb(0xA62F19), rgb(0x7E46AD),
              rgb(0x0A3677), rgb(0x196146), t.low};
  return t;
}

}  // namespace

const Theme& theme(Shade shade) {
  static const Theme kDark = dark();
  static const Theme kLight = light();
  return shade == Shade::Dark ? kDark : kLight;
}

QColor faded(QColor color, double alpha) {
  color.setAlphaF(static_cast<float>(alpha));
  return color;
}

}  // namespace orrery::gui

#include "gui/draw/svg.h"

#include <QBuffer>
#include <QImage>
#include <QPaintDevice>
#include <QPaintEngine>
#include <QPainter>
#include <QPainterPath>
#include <cmath>

namespace orrery::gui {
namespace {

QString number(qreal value) { return QString::number(std::round(value * 1000) / 1000); }

QString path_data(const QPainterPath& path) {
  QString data;
  for (int i = 0; i < path.elementCount(); ++i) {
    const QPainterPath::Element e = path.elementAt(i);
    const char* sign = e.isMoveTo() ? "M" : e.isLineTo() ? "L" : e.isCurveTo() ? "C" : " ";
    data += sign + number(e.x) + "," + number(e.y);
  }
  return data;
}

/// "rgb" and, if it is not opaque, the opacity: fill="#102030" fill-opacity="0.5".
QString paint_text(const char* what, const QColor& color) {
  QString text = QString{" %1=\"%2\""}.arg(what, color.name());
  if (color.alpha() < 255) text += QString{" %1-opacity=\"%2\""}.arg(what, number(color.alphaF()));
  return text;
}

class SvgEngine : public QPaintEngine {
 public:
  explicit SvgEngine(QString& out)
      : QPaintEngine{PainterPaths | PrimitiveTransform | PixmapTransform | Antialiasing |
                     AlphaBlend | RadialGradientFill | ConstantOpacity},
        out_{out} {}

  bool begin(QPaintDevice* /*device*/) override { return true; }
  bool end() override { return true; }
  [[nodiscard]] Type type() const override { return User; }
  void updateState(const QPaintEngineState& now) override {
    pen_ = now.pen();
    brush_ = now.brush();
    transform_ = now.transform();
    opacity_ = now.opacity();
    clip_.clear();
    if (!painter()->hasClipping()) return;
    const QRectF box = transform_.mapRect(painter()->clipBoundingRect());
    out_ +=
        QString{
            "<clipPath id=\"c%1\"><rect x=\"%2\" y=\"%3\" width=\"%4\" height=\"%5\"/>"
            "</clipPath>\n"}
            .arg(++ids_)
            .arg(number(box.left()), number(box.top()), number(box.width()), number(box.height()));
    clip_ = QString{" clip-path=\"url(#c%1)\""}.arg(ids_);
  }

  void drawPath(const QPainterPath& path) override {
    const QString fill = fill_text();
    QString stroke;
    if (pen_.style() != Qt::NoPen) {
      stroke = paint_text("stroke", pen_.color()) + " stroke-width=\"" + number(pen_.widthF()) +
               "\" stroke-linejoin=\"round\"";
      if (pen_.capStyle() == Qt::RoundCap) stroke += " stroke-linecap=\"round\"";
      if (pen_.style() == Qt::CustomDashLine) {
        QStringList dashes;
        for (const qreal dash : pen_.dashPattern()) dashes << number(dash * pen_.widthF());
        stroke += " stroke-dasharray=\"" + dashes.join(' ') + "\"";
      }
    }
    if (fill.isEmpty() && stroke.isEmpty()) return;
    element("<path d=\"" + path_data(path) + "\"" + (fill.isEmpty() ? " fill=\"none\"" : fill) +
            stroke + (path.fillRule() == Qt::OddEvenFill ? " fill-rule=\"evenodd\"" : "") + "/>");
  }

  void drawPolygon(const QPointF* points, int count, PolygonDrawMode mode) override {
    QPainterPath path{points[0]};
    for (int i = 1; i < count; ++i) path.lineTo(points[i]);
    if (mode != PolylineMode) path.closeSubpath();
    const QBrush brush = brush_;
    if (mode == PolylineMode) brush_ = Qt::NoBrush;
    drawPath(path);
    brush_ = brush;
  }

  void drawTextItem(const QPointF& at, const QTextItem& item) override {
    const QFont font = item.font();
    element(
        QString{"<text x=\"%1\" y=\"%2\" font-family=\"%3\" font-size=\"%4\" "
                "font-weight=\"%5\"%6 xml:space=\"preserve\">%7</text>"}
            .arg(number(at.x()), number(at.y()), font.families().join(", "),
                 number(font.pixelSize() > 0 ? font.pixelSize() : font.pointSizeF() * 4 / 3),
                 QString::number(font.weight()), paint_text("fill", pen_.color()),
                 item.text().toHtmlEscaped()));
  }

  void drawImage(const QRectF& place, const QImage& image, const QRectF& part,
                 Qt::ImageConversionFlags /*flags*/) override {
    QByteArray png;
    QBuffer buffer{&png};
    buffer.open(QIODevice::WriteOnly);
    image.copy(part.toRect()).save(&buffer, "PNG");
    element(
        QString{"<image x=\"%1\" y=\"%2\" width=\"%3\" height=\"%4\" "
                "preserveAspectRatio=\"none\" href=\"data:image/png;base64,%5\"/>"}
            .arg(number(place.left()), number(place.top()), number(place.width()),
                 number(place.height()), QString::fromLatin1(png.toBase64())));
  }
  void drawPixmap(const QRectF& place, const QPixmap& pixmap, const QRectF& part) override {
    drawImage(place, pixmap.toImage(), part, Qt::AutoColor);
  }

 private:
  [[nodiscard]] QString fill_text() {
    if (brush_.style() == Qt::NoBrush) return {};
    if (brush_.style() != Qt::RadialGradientPattern) return paint_text("fill", brush_.color());
    const auto* light = static_cast<const QRadialGradient*>(brush_.gradient());
    QString stops;
    for (const QGradientStop& stop : light->stops()) {
      stops += "<stop offset=\"" + number(stop.first) + "\"" +
               paint_text("stop", stop.second).replace(" stop=", " stop-color=") + "/>";
    }
    out_ +=
        QString{
            "<radialGradient id=\"g%1\" gradientUnits=\"userSpaceOnUse\" cx=\"%2\" "
            "cy=\"%3\" r=\"%4\">%5</radialGradient>\n"}
            .arg(++ids_)
            .arg(number(light->center().x()), number(light->center().y()), number(light->radius()),
                 stops);
    return QString{" fill=\"url(#g%1)\""}.arg(ids_);
  }

  void element(const QString& text) {
    const QTransform& t = transform_;
    QString group = "<g" + clip_;
    if (opacity_ < 1) group += " opacity=\"" + number(opacity_) + "\"";
    out_ += group +
            QString{"><g transform=\"matrix(%1 %2 %3 %4 %5 %6)\">"}.arg(
                number(t.m11()), number(t.m12()), number(t.m21()), number(t.m22()), number(t.dx()),
                number(t.dy())) +
            text + "</g></g>\n";
  }

  QString& out_;
  QPen pen_;
  QBrush brush_;
  QTransform transform_;
  QString clip_;
  qreal opacity_ = 1;
  int ids_ = 0;
};

class SvgDevice : public QPaintDevice {
 public:
  explicit SvgDevice(QSizeF size) : size_{size}, engine_{body_} {}

  [[nodiscard]] QPaintEngine* paintEngine() const override { return &engine_; }
  [[nodiscard]] const QString& body() const { return body_; }

 protected:
  [[nodiscard]] int metric(PaintDeviceMetric metric) const override {
    constexpr int kDotsPerInch = 96;
    constexpr double kMmPerInch = 25.4;
    switch (metric) {
      case PdmWidth:
        return static_cast<int>(size_.width());
      case PdmHeight:
        return static_cast<int>(size_.height());
      case PdmDpiX:
      case PdmDpiY:
      case PdmPhysicalDpiX:
      case PdmPhysicalDpiY:
        return kDotsPerInch;
      case PdmWidthMM:
        return static_cast<int>(size_.width() * kMmPerInch / kDotsPerInch);
      case PdmHeightMM:
        return static_cast<int>(size_.height() * kMmPerInch / kDotsPerInch);
      case PdmDepth:
        return 32;
      case PdmNumColors:
        return 1 << 24;
      case PdmDevicePixelRatio:
        return 1;
      case PdmDevicePixelRatioScaled:
        return static_cast<int>(devicePixelRatioFScale());
    }
    return 0;
  }

 private:
  QSizeF size_;
  QString body_;
  mutable SvgEngine engine_;
};

}  // namespace

QByteArray svg_of(QSizeF size, const std::function<void(QPainter&)>& draw) {
  SvgDevice device{size};
  {
    QPainter painter{&device};
    draw(painter);
  }
  const QString head =
      QString{
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg "
          "xmlns=\"http://www.w3.org/2000/svg\" width=\"%1\" height=\"%2\" "
          "viewBox=\"0 0 %1 %2\">\n"}
          .arg(number(size.width()), number(size.height()));
  return (head + device.body() + "</svg>\n").toUtf8();
}

}  // namespace orrery::gui

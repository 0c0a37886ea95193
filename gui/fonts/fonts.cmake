# The fonts that the window is drawn with, out of their Debian packages into the program, each with
# its licence. Sets ORRERY_FONT_RESOURCES.
set(fonts
  opentype/inter/Inter-Regular.otf opentype/inter/Inter-Medium.otf
  opentype/inter/Inter-SemiBold.otf
  truetype/jetbrains-mono/JetBrainsMono-Regular.ttf
  truetype/jetbrains-mono/JetBrainsMono-Medium.ttf
  truetype/nanum/NanumSquareR.ttf truetype/nanum/NanumSquareB.ttf)
set(licences fonts-inter fonts-jetbrains-mono fonts-nanum)
set(folder "${CMAKE_CURRENT_BINARY_DIR}/fonts")
set(lines "")
foreach(font ${fonts})
  get_filename_component(name ${font} NAME)
  find_file(ORRERY_FONT_${name} ${font} PATHS /usr/share/fonts /usr/local/share/fonts
    NO_DEFAULT_PATH)
  if(NOT ORRERY_FONT_${name})
    message(FATAL_ERROR "${name} is not there: install fonts-inter fonts-jetbrains-mono "
      "fonts-nanum, or configure with -DORRERY_GUI=OFF")
  endif()
  configure_file("${ORRERY_FONT_${name}}" "${folder}/${name}" COPYONLY)
  string(APPEND lines "    <file alias=\"${name}\">fonts/${name}</file>\n")
endforeach()
set(texts "")
foreach(package ${licences})
  if(EXISTS /usr/share/doc/${package}/copyright)
    configure_file(/usr/share/doc/${package}/copyright "${folder}/${package}.txt" COPYONLY)
    string(APPEND texts "    <file alias=\"${package}.txt\">fonts/${package}.txt</file>\n")
  endif()
endforeach()
file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/fonts.qrc" @ONLY CONTENT
"<RCC>
  <qresource prefix=\"/fonts\">
@lines@  </qresource>
  <qresource prefix=\"/licences\">
@texts@  </qresource>
</RCC>
")
qt_add_resources(ORRERY_FONT_RESOURCES "${CMAKE_CURRENT_BINARY_DIR}/fonts.qrc"
  OPTIONS --no-compress)
